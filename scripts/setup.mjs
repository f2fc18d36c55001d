import { buildCommand } from './setup/build-command.mjs';
import { provideClientTools } from './setup/client-tools.mjs';
import { installPackages } from './setup/install-packages.mjs';
import { SetupError } from './setup/setup-error.mjs';

/** Makes a clone ready to test and to run. It needs Node 20 and npm alone; once all is there, it does nothing. */
try {
  await installPackages();
  await buildCommand();
  await provideClientTools();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`set-up: ${error.message}\n`);
  process.exitCode = 1;
}
