import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';
import { deviceRules, entryRules, platformRules } from './scripts/device-rules.js';

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/'] },
  eslint.configs.recommended,
  tseslint.configs.recommended,
  {
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly', setTimeout: 'readonly' } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'max-len': ['error', { code: 160, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true }],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'] }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'none' }],
    },
  },
  {
    // Host code: a promise nobody waits for hides its failure.
    files: ['boards/load.ts', 'cli/**/*.ts', 'host-tests/**/*.ts', 'scripts/**/*.ts', 'virtual-board/**/*.ts'],
    ignores: ['host-tests/**/device/*.ts', 'virtual-board/**/device/*.ts'],
    languageOptions: { parserOptions: { project: './tsconfig.host.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
    },
  },
  // Tables of cases are easier to read in one line each.
  { files: ['host-tests/**/*.test.ts'], rules: { 'max-len': 'off' } },
  { files: ['boards/**/*.ts', 'bootloader/**/*.ts', 'firmware/**/*.ts'], rules: deviceRules },
  { files: ['bootloader/main.ts', 'bootloader/safe-mode.ts', 'bootloader/shared.ts', 'firmware/main.ts'], rules: entryRules },
  { files: ['firmware/platform/**/*.ts'], rules: platformRules },
  {
    // Never in a bundle: hosts read these when they build, provision or simulate a lock. The lock gets its family's numbers as
    // constants from the build, and its wiring from the identity pages.
    files: ['boards/families.ts', 'boards/check.ts', 'boards/load.ts', 'boards/record.ts', 'boards/shape.ts', 'boards/reference/*.ts'],
    rules: { 'no-restricted-syntax': 'off', 'no-restricted-globals': 'off', 'no-restricted-imports': 'off' },
  },
);
