// Prints "PASSED FAILED" of a report: Vitest's own, or {"passed", "failed"}. Plain JavaScript: no set-up is needed.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
if ('testResults' in report) {
  const isFailed = ({ status }) => status === 'failed';
  // A file that could not be loaded, or whose hooks failed, fails without any test of its own doing so.
  const files = report.testResults.filter((file) => isFailed(file) && !file.assertionResults.some(isFailed));
  console.log(report.numPassedTests, report.numFailedTests + files.length);
} else {
  console.log(report.passed, report.failed);
}
