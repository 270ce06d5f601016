import { installSignals } from './daemon/signals.ts';

// Before anything that takes time to load: a signal must never meet Node's defaults.
const signals = installSignals();

// What `ps` shows, and other programs that find a group taken.
process.title = 'specter';

const { main } = await import('./cli/main.ts');
await main(process.argv, signals);
