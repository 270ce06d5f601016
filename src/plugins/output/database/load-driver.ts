import { createRequire } from 'node:module';

/**
 * Loads the package that speaks to a database, for those who use it alone: none is small.
 *
 * @throws Error that says what to install when the package is not there
 */
export function loadDriver<Module>(name: string): Module {
  try {
    return createRequire(import.meta.url)(name);
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
    const advice = "install specter's dependencies again (npm ci)";
    throw new Error(`the package ${name} cannot be loaded: ${reason}; ${advice}`, { cause: error });
  }
}
