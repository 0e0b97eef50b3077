import { homedir } from 'node:os';
import { join } from 'node:path';

/** What the process environment says, read once at start. Nobody else reads `process.env`. */
export interface Environment {
  port: string | undefined;
  host: string | undefined;
  configPath: string | undefined;
  /** `SLUICE_AUTH=none`: open beyond loopback although no key is configured. */
  isOpen: boolean;
  /** Whether npm or npx started us, through a shell that passes no signal on. */
  isNpmScript: boolean;
  /** Folder for what is kept between starts: models, later the embedded database. */
  dataDirectory: string;
  modelDirectory: string;
  /** Address of the model hub, as its own clients name it. */
  hubEndpoint: string;
  /** Proxies as the usual variables name them; an empty text means none. */
  httpProxy: string;
  httpsProxy: string;
  noProxy: string;
  /** For `${NAME}` references of the configuration. */
  variables: Readonly<Record<string, string | undefined>>;
}

/** Reads the variables that Sluice knows. Empty ones count as unset. */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const read = (name: string) => (variables[name] === undefined || variables[name] === '' ? undefined : variables[name]);
  const dataDirectory = read('SLUICE_DATA') ?? join(read('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'sluice');
  return {
    port: read('PORT'),
    host: read('HOST'),
    configPath: read('SLUICE_CONFIG'),
    isOpen: read('SLUICE_AUTH') === 'none',
    isNpmScript: read('npm_lifecycle_event') !== undefined,
    dataDirectory,
    modelDirectory: join(dataDirectory, 'models'),
    hubEndpoint: (read('HF_ENDPOINT') ?? 'https://huggingface.co').replace(/\/+$/, ''),
    httpProxy: read('HTTP_PROXY') ?? read('http_proxy') ?? '',
    httpsProxy: read('HTTPS_PROXY') ?? read('https_proxy') ?? '',
    noProxy: read('NO_PROXY') ?? read('no_proxy') ?? '',
    variables,
  };
}
