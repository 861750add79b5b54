import { expect, it } from '@jest/globals';
import { planRounds } from './round-plan.js';

it('each round has both sides, and each side begins every second one', () => {
  expect(planRounds(3)).toEqual([
    ['tidegate', 'chroma'],
    ['chroma', 'tidegate'],
    ['tidegate', 'chroma'],
  ]);
});
