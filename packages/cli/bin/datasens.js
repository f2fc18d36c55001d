#!/usr/bin/env node
// Plain old JavaScript: on a Node that is too old this file must still run, to say so.
var wanted = [24, 12];
var found = process.versions.node.split('.').map(Number);
if (found[0] < wanted[0] || (found[0] === wanted[0] && found[1] < wanted[1])) {
  process.stderr.write(
    'datasens needs Node.js ' +
      wanted.join('.') +
      ' or newer; this is ' +
      process.versions.node +
      ' (' +
      process.execPath +
      ').\n' +
      'Install a newer one from https://nodejs.org, or run: npx --package=node@24 --package=datasens datasens\n',
  );
  process.exitCode = 2;
} else {
  import('../dist/main.js').catch((error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    process.stderr.write('datasens is not built yet. In a clone, run: npm run setup\n');
    process.exitCode = 2;
  });
}
