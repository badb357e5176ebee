/** Environment variables to one typed, checked configuration, and the options that follow from it. */
export { appSettings, openOptions } from "./options.ts";
export { ConfigError, describeConfig, forgetVariables, readConfig } from "./read.ts";
export { VARIABLES } from "./variables.ts";
