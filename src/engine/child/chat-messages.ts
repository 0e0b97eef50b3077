import type { z } from 'zod';
import { GatewayError, type ErrorDetail } from '../../errors.ts';
import type { chatRequest } from '../../wire/chat.ts';
import type { TemplateAbilities, TemplateMessage, TemplateTool, TemplateToolCall } from './chat-template.ts';

type WireMessage = z.output<typeof chatRequest>['messages'][number];

const roles = {
  developer: 'system',
  system: 'system',
  user: 'user',
  assistant: 'assistant',
  tool: 'tool',
  function: 'tool',
} as const;

/**
 * The messages of a request as templates know them.
 * @throws GatewayError `unsupported_parameter` for parts that are no text (images, audio, files), `bad_request` for text parts without text
 */
export function toTemplateMessages(messages: readonly WireMessage[]): TemplateMessage[] {
  return messages.map((message, index) => {
    const toolCalls = (message.tool_calls ?? []).flatMap((call): TemplateToolCall[] =>
      call.function
        ? [
            {
              id: call.id,
              type: 'function',
              function: { name: call.function.name, arguments: parseArguments(call.function.arguments) },
            },
          ]
        : [],
    );
    return {
      role: roles[message.role],
      content: toText(message.content, `messages[${index}].content`),
      ...(message.name === undefined ? {} : { name: message.name }),
      ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
      ...(message.tool_call_id === undefined ? {} : { tool_call_id: message.tool_call_id }),
    };
  });
}

function toText(content: WireMessage['content'], field: string): string {
  if (typeof content === 'string') return content;
  const texts = (content ?? []).map((part, index) => {
    if (part.type !== 'text') {
      const message = `${field}[${index}]: this model reads text only, not "${part.type}"; send parts of type "text"`;
      throw new GatewayError('unsupported_parameter', message, { param: `${field}[${index}].type` });
    }
    if (part.text !== undefined) return part.text;
    const details: ErrorDetail[] = [{ field: `${field}[${index}].text`, message: 'required for a part of type "text"' }];
    throw new GatewayError('bad_request', `${field}[${index}].text: required for a part of type "text"`, {
      param: `${field}[${index}].text`,
      details,
    });
  });
  return texts.join('\n');
}

/** Templates print arguments as JSON and so want them parsed; what is no JSON (a model may have cut it) stays as it is. */
function parseArguments(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Rewrites messages so that a template prints all of them: what it has no form for becomes text in a message that it knows. */
export function fitToTemplate(
  messages: readonly TemplateMessage[],
  tools: readonly TemplateTool[],
  abilities: TemplateAbilities,
): TemplateMessage[] {
  let fitted = messages.map((message) => fitMessage(message, abilities));
  if (tools.length > 0 && !abilities.tools) fitted = addInstruction(fitted, describeTools(tools));
  return abilities.system ? fitted : moveSystemToUser(fitted);
}

function fitMessage(message: TemplateMessage, abilities: TemplateAbilities): TemplateMessage {
  const { tool_calls: calls, ...rest } = message;
  if (calls && !abilities.toolCalls) {
    const lines = calls.map(({ function: { name, arguments: values } }) => JSON.stringify({ name, arguments: values }));
    return { ...rest, content: [rest.content, ...lines].filter((line) => line !== '').join('\n') };
  }
  if (message.role === 'tool' && !abilities.toolMessages)
    return { role: 'user', content: `Result of the function: ${message.content}` };
  return message;
}

function addInstruction(messages: readonly TemplateMessage[], instruction: string): TemplateMessage[] {
  const [first, ...others] = messages;
  if (first?.role !== 'system') return [{ role: 'system', content: instruction }, ...messages];
  return [{ ...first, content: `${first.content}\n\n${instruction}` }, ...others];
}

function describeTools(tools: readonly TemplateTool[]): string {
  const lines = tools.map((tool) => JSON.stringify(tool.function));
  return [
    'You can call these functions:',
    ...lines,
    'Call one with a JSON object: {"name": its name, "arguments": its arguments}',
  ].join('\n');
}

/** System texts go in front of the first message of the user. */
function moveSystemToUser(messages: readonly TemplateMessage[]): TemplateMessage[] {
  const system = messages.filter(({ role }) => role === 'system').map(({ content }) => content);
  const others = messages.filter(({ role }) => role !== 'system');
  if (system.length === 0) return others;
  const index = others.findIndex(({ role }) => role === 'user');
  const user = others[index];
  if (!user) return [{ role: 'user', content: system.join('\n\n') }, ...others];
  return others.with(index, { ...user, content: [...system, user.content].join('\n\n') });
}
