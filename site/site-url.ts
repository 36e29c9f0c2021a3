/** Where the site will be, ending in a slash, if the build is told by `SANDGLASS_SITE_URL`. */
export function siteUrlOfBuild(): string | undefined {
  return process.env['SANDGLASS_SITE_URL']?.replace(/\/*$/, '/');
}
