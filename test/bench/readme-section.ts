const BEGIN = '<!-- benchmark: written by npm run bench -->';
const END = '<!-- benchmark: end -->';

/** A document with what is between the two marks replaced. @throws Error where they are missing */
export function withSection(document: string, section: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`the document lacks ${BEGIN} and ${END}`);
  return `${document.slice(0, begin + BEGIN.length)}\n\n${section}\n\n${document.slice(end)}`;
}
