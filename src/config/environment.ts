import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { databaseUrlOf, redisUrlOf } from './service-urls.ts';

/** What the process environment says, read once at start. Nobody else reads `process.env`. */
export interface Environment {
  port: string | undefined;
  host: string | undefined;
  configPath: string | undefined;
  /** Severity of the log, as `LITELLM_LOG` has it; undefined: as configured. */
  logLevel: 'debug' | 'info' | 'warn' | 'error' | undefined;
  /** `SLUICE_AUTH=none`: open beyond loopback although no key is configured. */
  isOpen: boolean;
  masterKey: string | undefined;
  /** Encrypts the secrets of models that are made by the API. */
  saltKey: string | undefined;
  databaseUrl: string | undefined;
  /** What LiteLLM's database is reached and its secrets were encrypted with, for an import. */
  litellm: { databaseUrl: string | undefined; saltKey: string | undefined; masterKey: string | undefined };
  /** The gateway that commands talk to, and the key that they show it. */
  gateway: { url: string | undefined; apiKey: string | undefined };
  redisUrl: string | undefined;
  /** Whether npm or npx started us, through a shell that passes no signal on. */
  isNpmScript: boolean;
  /** Folder for what is kept between starts: models, the embedded database, spend that waits for a database. */
  dataDirectory: string;
  modelDirectory: string;
  /** Folder of the embedded database. */
  databaseDirectory: string;
  /** Folder of ledger rows that wait for the database. */
  spoolDirectory: string;
  /** Address of the model hub, as its own clients name it. */
  hubEndpoint: string;
  tofu: TofuEnvironment;
  /** Proxies as the usual variables name them; an empty text means none. */
  proxies: { http: string; https: string; no: string };
  /** For `${NAME}` references of the configuration. */
  variables: Readonly<Record<string, string | undefined>>;
}

/** Where OpenTofu and its provider may lie. */
export interface TofuEnvironment {
  /** The program that somebody named. */
  program: string | undefined;
  /** The folder of provider packages that somebody named: `<host>/hashicorp/aws/<version>/<os_arch>` lies in it. */
  providerMirror: string | undefined;
  /** The configuration of the program's command line, in the order in which it looks for it. */
  cliConfigurations: string[];
  /** Folders that are searched for programs. */
  searchPath: string[];
  /** Folders in which the program itself looks for provider packages. */
  pluginDirectories: string[];
  /** What is kept of ours between runs: tools that were built, links to provider packages. */
  cacheDirectory: string;
}

/** Reads the variables that Sluice knows, LiteLLM's names for them included. Empty ones count as unset. */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const read = (name: string) => (variables[name] === undefined || variables[name] === '' ? undefined : variables[name]);
  const dataDirectory = read('SLUICE_DATA') ?? join(read('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'sluice');
  return {
    port: read('PORT'),
    host: read('HOST'),
    configPath: read('SLUICE_CONFIG') ?? read('CONFIG_FILE_PATH'),
    logLevel: logLevelOf(read('LITELLM_LOG')),
    isOpen: read('SLUICE_AUTH') === 'none',
    masterKey: read('SLUICE_MASTER_KEY') ?? read('LITELLM_MASTER_KEY'),
    saltKey: read('SLUICE_SALT_KEY') ?? read('LITELLM_SALT_KEY'),
    databaseUrl: databaseUrlOf(read),
    litellm: {
      databaseUrl: read('LITELLM_DATABASE_URL'),
      saltKey: read('LITELLM_SALT_KEY'),
      masterKey: read('LITELLM_MASTER_KEY'),
    },
    gateway: { url: read('SLUICE_URL'), apiKey: read('SLUICE_API_KEY') },
    redisUrl: redisUrlOf(read),
    isNpmScript: read('npm_lifecycle_event') !== undefined,
    dataDirectory,
    modelDirectory: join(dataDirectory, 'models'),
    databaseDirectory: join(dataDirectory, 'database'),
    spoolDirectory: join(dataDirectory, 'spool'),
    hubEndpoint: (read('HF_ENDPOINT') ?? 'https://huggingface.co').replace(/\/+$/, ''),
    tofu: readTofu(read),
    proxies: {
      http: read('HTTP_PROXY') ?? read('http_proxy') ?? '',
      https: read('HTTPS_PROXY') ?? read('https_proxy') ?? '',
      no: read('NO_PROXY') ?? read('no_proxy') ?? '',
    },
    variables,
  };
}

/** The names of variables and folders are those of OpenTofu's documentation, "CLI Configuration File". */
function readTofu(read: (name: string) => string | undefined): TofuEnvironment {
  const named = read('TF_CLI_CONFIG_FILE') ?? read('TERRAFORM_CONFIG');
  const shares = [
    read('XDG_DATA_HOME') ?? join(homedir(), '.local', 'share'),
    ...(read('XDG_DATA_DIRS') ?? '/usr/local/share:/usr/share').split(delimiter),
  ];
  return {
    program: read('SLUICE_TOFU'),
    providerMirror: read('SLUICE_PROVIDER_MIRROR'),
    cliConfigurations: named === undefined ? [join(homedir(), '.tofurc'), join(homedir(), '.terraformrc')] : [named],
    searchPath: (read('PATH') ?? read('Path') ?? '').split(delimiter).filter((folder) => folder !== ''),
    pluginDirectories: [
      join(homedir(), '.terraform.d', 'plugins'),
      ...shares.flatMap((share) => [join(share, 'opentofu', 'plugins'), join(share, 'terraform', 'plugins')]),
    ],
    cacheDirectory: join(read('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'sluice'),
  };
}

/** Python's names of severities. */
function logLevelOf(text: string | undefined): Environment['logLevel'] {
  switch (text?.toUpperCase()) {
    case 'DEBUG':
      return 'debug';
    case 'INFO':
      return 'info';
    case 'WARN':
    case 'WARNING':
      return 'warn';
    case 'ERROR':
    case 'CRITICAL':
      return 'error';
    default:
      return undefined;
  }
}
