/** The level rules of ARCHITECTURE.md: a module imports itself and lower levels only. */
const LEVELS = [
  ['vector'],
  ['telemetry'],
  ['admission', 'resilience'],
  ['flags', 'chroma', 'hot'],
  ['sync', 'rollout', 'backup'],
  ['routing'],
  ['gateway', 'operations', 'health'],
];

const levelRules = LEVELS.flatMap((modules, level) =>
  modules.map((name) => {
    const allowed = [name, ...LEVELS.slice(0, level).flat()].join('|');
    return {
      name: `level-of-${name}`,
      comment: 'A module imports itself and lower levels only.',
      severity: 'error',
      from: { path: `^modules/${name}/` },
      to: { path: `^(modules|src|test)/`, pathNot: `^modules/(${allowed})/` },
    };
  }),
);

/** Each outside library has one door: the only files that may import it. */
const DOORS = {
  opossum: '^modules/resilience/breaker\\.service',
  'hnswlib-node': '^(modules/hot/graph\\.store|test/bench/bare-server\\.worker)',
  rregex: '^modules/hot/document-pattern\\.store',
  'lru-cache': '^modules/hot/answer-cache\\.store',
  'prom-client': '^modules/telemetry/instruments\\.service',
  '@openfeature': '^modules/flags/',
  undici: '^(modules/chroma/(chroma-http|store-request)\\.service|test/)',
};

const doorRules = Object.entries(DOORS).map(([library, door]) => ({
  name: `door-of-${library}`,
  comment: 'One file per outside library.',
  severity: 'error',
  from: { path: '^(src|modules|test)/', pathNot: door },
  to: { path: `^node_modules/(@types/)?${library}` },
}));

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'pure-files-import-no-library',
      comment: 'Decide in pure files, act in suffixed ones.',
      severity: 'error',
      from: {
        path: '^modules/',
        pathNot: '\\.(module|controller|service|store|tier|job|worker|config|spec|fake)\\.ts$',
      },
      to: { path: '^node_modules/' },
    },
    ...levelRules,
    ...doorRules,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    exclude: { path: '^dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
