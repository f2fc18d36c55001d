// Loaded into the command by --import. JavaScript, for stripping types would be memory that the command never needs.
process.on('exit', () => process.stderr.write(`peak RSS ${process.resourceUsage().maxRSS} kB\n`));
