const projectRoot = new URL('..', import.meta.url).pathname;

/** Unit specs stand beside the code; what needs several modules or a real ChromaDB is in test/. */
export default {
  rootDir: projectRoot,
  roots: ['<rootDir>/src', '<rootDir>/modules', '<rootDir>/test', '<rootDir>/grafana'],
  testEnvironment: 'node',
  testMatch: ['**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
  reporters: ['default', '<rootDir>/.config/closing-line.mjs'],
  testTimeout: 60_000,
  maxWorkers: 2,
};
