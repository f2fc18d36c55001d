// Prints "PASSED FAILED" of a report, Vitest's own or {"passed", "failed", "failures"}, and what failed, a line each.
// Plain JavaScript: no set-up is needed.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
if ('testResults' in report) {
  const isFailed = ({ status }) => status === 'failed';
  const failed = report.testResults.filter(isFailed).flatMap(({ name, assertionResults }) => {
    const tests = assertionResults.filter(isFailed).map(({ fullName }) => `${name}: ${fullName}`);
    // A file that could not be loaded, or whose hooks failed, fails without any test of its own doing so.
    return tests.length > 0 ? tests : [name];
  });
  console.log([`${report.numPassedTests} ${failed.length}`, ...failed].join('\n'));
} else {
  console.log([`${report.passed} ${report.failed}`, ...report.failures].join('\n'));
}
