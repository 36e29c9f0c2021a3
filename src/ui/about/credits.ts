/** What the site is made of, as its build finds it. */
export interface Credits {
  /** Pieces of the page itself, from npm. */
  packages: readonly CreditedPackage[];
  /** Debian source packages whose programs are on the node. */
  sources: readonly CreditedSource[];
}

export interface CreditedPackage {
  name: string;
  version: string;
  /** As SPDX names it. */
  licence: string;
  description: string;
  /** Its home on the web, if it names one. */
  address: string | undefined;
}

export interface CreditedSource {
  source: string;
  version: string;
  /** Binary packages that files were taken from. */
  packages: readonly string[];
}
