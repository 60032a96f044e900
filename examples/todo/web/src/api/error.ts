// What a call of the API fails with.

// Codes that the page itself gives, where no answer of the API says one.
export const NETWORK = 'NETWORK';
export const TIMEOUT = 'TIMEOUT';
export const BAD_ANSWER = 'BAD_ANSWER';

// Answers after which nobody can say whether the request took effect.
const OUTCOME_UNKNOWN_STATUSES = new Set([408, 500, 502, 504]);

export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    // A word for programs: the server's, such as "NOT_FOUND", or one of those above.
    readonly code: string,
    // The HTTP status; 0 if there was no answer.
    readonly status: number,
    message: string,
    // How long the server asks to wait before another attempt.
    readonly retryAfterMs = 0,
  ) {
    super(message);
  }

  // Whether the request may have been done although its answer says otherwise or never came.
  get outcomeUnknown(): boolean {
    if (this.status === 0) return true;
    return this.code === BAD_ANSWER || OUTCOME_UNKNOWN_STATUSES.has(this.status);
  }
}

// The code of an answer that is not one of the API's own, such as a load balancer's page.
export function codeOfStatus(status: number): string {
  switch (status) {
    case 401:
      return 'UNAUTHENTICATED';
    case 403:
      return 'PERMISSION_DENIED';
    case 404:
      return 'NOT_FOUND';
    case 408:
      return 'REQUEST_TIMEOUT';
    case 413:
      return 'PAYLOAD_TOO_LARGE';
    case 429:
      return 'RESOURCE_EXHAUSTED';
    case 503:
      return 'UNAVAILABLE';
    case 504:
      return 'DEADLINE_EXCEEDED';
    default:
      return status >= 500 ? 'UNKNOWN' : BAD_ANSWER;
  }
}
