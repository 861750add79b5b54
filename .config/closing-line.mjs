/** A jest reporter: closes each run with a line that any CI can read, whatever runner it knows. */
export default class ClosingLine {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numFailedTestSuites }) {
    const failed = numFailedTests + (numFailedTests === 0 ? numFailedTestSuites : 0);
    process.stderr.write(`${numPassedTests} passed, ${failed} failed\n`);
  }
}
