/** What an incoming webhook of Slack takes (Slack API, "Sending messages using incoming webhooks"), as far as we use it. */
export interface SlackPayload {
  /** What Slack shows beside its blocks, in the list of notifications; all that a server sees that knows no blocks. */
  readonly text: string;
  readonly blocks: readonly SlackBlock[];
  /** A server that looks at a link would have followed it. */
  readonly unfurl_links: false;
  readonly unfurl_media: false;
}

interface SlackBlock {
  readonly type: 'section';
  readonly text: SlackText;
}

type SlackText =
  | { readonly type: 'plain_text'; readonly text: string; readonly emoji: false }
  /** Verbatim: of what looks like a link or a name nothing is made. */
  | { readonly type: 'mrkdwn'; readonly text: string; readonly verbatim: true };

export interface SlackLink {
  readonly label: string;
  readonly url: string;
}

/** Slack API, "Text object": at most 3,000 characters. */
const MAX_SECTION = 3_000;
/** With each of them escaped, which makes five of one, it fits into a section. */
const PIECE = /.{1,500}/gsu;

/**
 * The lines as they are, whatever stands in them: nothing becomes a link, a mention or a format, and the links are the
 * only ones. Slack takes plain text for what it is. Mattermost and others have the text alone, and see mentions and
 * formats in it by themselves, but not within a block of code.
 */
export function slackPayload(lines: readonly string[], links: readonly SlackLink[] = []): SlackPayload {
  const linked = links.map(({ label, url }) => `<${escapeSlack(linkTarget(url))}|${escapeSlack(label)}>`);
  const code = escapeSlack(lines.join('\n')).replaceAll('```', "'''");
  return {
    text: [`\`\`\`\n${code}\n\`\`\``, ...linked].join('\n'),
    blocks: [
      ...sectionsOf(lines).map((text) => section({ type: 'plain_text', text, emoji: false })),
      ...linked.map((text) => section({ type: 'mrkdwn', text, verbatim: true })),
    ],
    unfurl_links: false,
    unfurl_media: false,
  };
}

function section(text: SlackText): SlackBlock {
  return { type: 'section', text };
}

/** Slack API, "Formatting message text": these three characters, and no others, begin or end what Slack reads as its own. */
function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Slack takes what follows a `|` for the link's name. */
function linkTarget(url: string): string {
  return new URL(url).href.replaceAll('|', '%7C');
}

/** The lines, escaped, in as few texts as Slack takes. */
function sectionsOf(lines: readonly string[]): string[] {
  const sections: string[] = [];
  for (const piece of lines.flatMap((line) => line.match(PIECE) ?? [''])) {
    const escaped = escapeSlack(piece);
    const last = sections.at(-1);
    if (last !== undefined && last.length + 1 + escaped.length <= MAX_SECTION) {
      sections[sections.length - 1] = `${last}\n${escaped}`;
    } else sections.push(escaped);
  }
  return sections;
}
