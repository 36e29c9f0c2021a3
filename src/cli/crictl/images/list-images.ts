import type { Image } from '#kube/cri/api_pb.ts';
import { failure, wrapped } from '#cli/command/errors.ts';
import { compareText } from '#cli/text/json.ts';
import type { RemoteImages } from '#cli/crictl/remote/remote-images.ts';

export const filterUsage = `Filter output based on provided conditions.
Available filters: 
* dangling=(boolean - true or false)
* reference=/regular expression/
* before=<image-name>[:<tag>]|<image id>|<image@digest>
* since=<image-name>[:<tag>]|<image id>|<image@digest>
Multiple filters can be combined together.`;

const none = '<none>';

/** Images by their names; filters leave out what they do not mean (crictl, image.go, ListImages). */
export async function listImages(
  images: RemoteImages,
  name: string,
  filters: readonly string[],
): Promise<Image[]> {
  const found = insertionSorted(await images.listImages({ image: { image: name } }));
  if (found.length === 0) return found;
  return wrapped('filter images', () => filters.reduce(filtered, found));
}

/**
 * Images with and without tags have no order that holds for all, so that the way of sorting shows: as Go's
 * sort.Sort does up to twelve.
 */
function insertionSorted(images: readonly Image[]): Image[] {
  const sorted: Image[] = [];
  for (const image of images) {
    const before = sorted.findLastIndex((other) => compareImages(image, other) >= 0);
    sorted.splice(before + 1, 0, image);
  }
  return sorted;
}

function compareImages(one: Image, other: Image): number {
  const [tag, otherTag] = [one.repoTags[0], other.repoTags[0]];
  if (tag !== undefined && otherTag !== undefined) return compareText(tag, otherTag);
  const [digest, otherDigest] = [one.repoDigests[0], other.repoDigests[0]];
  if (digest !== undefined && otherDigest !== undefined) return compareText(digest, otherDigest);
  return compareText(one.id, other.id);
}

function filtered(images: Image[], filter: string): Image[] {
  const [, name = '', value = ''] = /^(\w+)=(.*)$/s.exec(filter) ?? [];
  switch (name) {
    case 'before':
      return upTo(images.toReversed(), value).reverse();
    case 'since':
      return upTo(images, value);
    case 'dangling':
      return images.filter(({ repoTags }) => String(repoTags.length === 0) === value);
    case 'reference': {
      const pattern = parsePattern(value);
      return images.filter((image) => {
        const { name: repository } = repoDigest(image.repoDigests);
        return pattern.test(repository) || repository === value;
      });
    }
    default:
      throw failure(`unknown filter flag: ${filter}`);
  }
}

function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text, 'u');
  } catch {
    throw failure(`error parsing regexp: invalid or unsupported syntax: \`${text}\``);
  }
}

/** Those before the one that is named, by tag, ID or digest. */
function upTo(images: readonly Image[], named: string): Image[] {
  const [hasColon, hasAt] = [named.includes(':'), named.includes('@')];
  const passed: Image[] = [];
  for (const image of images) {
    const { id, repoDigests, repoTags } = image;
    if (hasColon && !hasAt) {
      const [pair] = repoTagPairs(repoTags, repoDigest(repoDigests).name);
      if (pair?.join(':') === named) break;
    } else if (!hasColon && !hasAt) {
      if (id.startsWith(named)) break;
    } else if (hasColon && hasAt) {
      if (repoDigests.length === 0) continue;
      if (repoDigests[0]?.startsWith(named)) break;
    } else {
      continue;
    }
    passed.push(image);
  }
  return passed;
}

/** What the first digest says of name and digest (crictl, image.go, normalizeRepoDigest). */
export function repoDigest(digests: readonly string[]): { name: string; digest: string } {
  const [first] = digests;
  if (first === undefined) return { name: none, digest: none };
  const [name = '', digest, ...rest] = first.split('@');
  if (digest === undefined || rest.length > 0) {
    return { name: 'errorName', digest: 'errorRepoDigest' };
  }
  return { name, digest };
}

/** Names and tags; an image that was pulled by its digest has only the name (normalizeRepoTagPair). */
export function repoTagPairs(
  tags: readonly string[],
  name: string,
): (readonly [name: string, tag: string])[] {
  if (tags.length === 0) return [[name, none]];
  return tags.map((tag) => {
    const colon = tag.lastIndexOf(':');
    if (colon < 0) return ['errorRepoTag', 'errorRepoTag'];
    const repository = tag.slice(0, colon);
    return [repository === none ? name : repository, tag.slice(colon + 1)];
  });
}
