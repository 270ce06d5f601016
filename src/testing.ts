/**
 * `specter/testing`: for the tests of plugins.
 *
 *     import { checkPlugin, formatReport } from 'specter/testing';
 *     const report = await checkPlugin(plugin, { options: ['tallyinterval 5s'] });
 *     assert.ok(report.passed, formatReport(report));
 */
export {
  type CheckOptions,
  checkPlugin,
  type Report,
  type RuleResult,
} from './kit/check-plugin.ts';
export { formatReport } from './kit/report.ts';
export {
  type RecordInput,
  type RecordOutput,
  type RunOptions,
  type RunResult,
  runPlugin,
} from './kit/run-plugin.ts';
