import { describe, expect, it } from '@jest/globals';
import { parseArguments } from './arguments.js';

describe('arguments of the benchmark', () => {
  it('have defaults', () => {
    const { profile, ...others } = parseArguments([], ['plain']);
    expect(profile.name).toBe('standard');
    expect(others).toEqual({ seed: 6, scenario: undefined, check: false });
  });

  it('are read by name', () => {
    const given = ['--check', '--profile', 'smoke', '--scenario', 'plain', '--seed', '9'];
    expect(parseArguments(given, ['plain'])).toMatchObject({
      ...{ profile: { name: 'smoke' }, seed: 9, scenario: 'plain', check: true },
    });
  });

  it('that are wrong are told, with what is allowed', () => {
    expect(() => parseArguments(['--fast'], [])).toThrow('--fast: there are --profile');
    expect(() => parseArguments(['--profile', 'tiny'], [])).toThrow('smoke, standard, large');
    expect(() => parseArguments(['--scenario', 'x'], ['plain'])).toThrow('there are plain');
    expect(() => parseArguments(['--seed', 'x'], [])).toThrow('whole number');
  });
});
