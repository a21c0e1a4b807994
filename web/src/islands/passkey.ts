/** What the server wants asked, as WebAuthn writes it in JSON. */
interface Question {
  challenge: string;
  rp?: PublicKeyCredentialRpEntity;
  user?: { id: string; name: string; displayName: string };
  pubKeyCredParams?: PublicKeyCredentialParameters[];
  excludeCredentials?: { type: "public-key"; id: string }[];
  authenticatorSelection?: AuthenticatorSelectionCriteria;
  rpId?: string;
  userVerification?: UserVerificationRequirement;
}

const PATIENCE_MS = 300_000;

/** A form that sends what this browser's authenticator answers. Hidden where there can be none. */
export function mount(form: HTMLElement): void {
  if (!(form instanceof HTMLFormElement) || !("credentials" in navigator) || !("PublicKeyCredential" in window)) return;
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void answer(form);
  });
}

async function answer(form: HTMLFormElement): Promise<void> {
  const button = form.querySelector("button");
  const problem = form.querySelector<HTMLElement>("[data-problem]");
  const field = form.elements.namedItem("credential");
  if (button === null || problem === null || !(field instanceof HTMLInputElement)) return;
  button.disabled = true;
  problem.hidden = true;
  try {
    const question = await fetchQuestion(form);
    const credential = question.user === undefined ? await get(question) : await create(question);
    field.value = JSON.stringify(credential);
    form.submit();
  } catch (error) {
    problem.textContent = told(error);
    problem.hidden = false;
    button.disabled = false;
  }
}

async function fetchQuestion(form: HTMLFormElement): Promise<Question> {
  const token = form.elements.namedItem("form_token");
  const body = new URLSearchParams({ form_token: token instanceof HTMLInputElement ? token.value : "" });
  const response = await fetch(form.dataset["question"] ?? "", { method: "POST", body });
  if (response.status === 429) throw new Error("Too many attempts. Wait a few minutes.");
  if (!response.ok || response.redirected) throw new Error("This page is too old. Load it again.");
  return (await response.json()) as Question;
}

async function create(question: Question): Promise<object> {
  const { user, rp, pubKeyCredParams, authenticatorSelection } = question;
  if (user === undefined || rp === undefined || pubKeyCredParams === undefined) throw new Error("Load the page again.");
  const publicKey: PublicKeyCredentialCreationOptions = {
    rp,
    pubKeyCredParams,
    challenge: bytes(question.challenge),
    user: { ...user, id: bytes(user.id) },
    excludeCredentials: (question.excludeCredentials ?? []).map(({ type, id }) => ({ type, id: bytes(id) })),
    ...(authenticatorSelection === undefined ? {} : { authenticatorSelection }),
    attestation: "none",
    timeout: PATIENCE_MS,
  };
  const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
  const { clientDataJSON, attestationObject } = made.response as AuthenticatorAttestationResponse;
  return credentialOf(made, { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject) });
}

async function get(question: Question): Promise<object> {
  const publicKey: PublicKeyCredentialRequestOptions = {
    challenge: bytes(question.challenge),
    userVerification: question.userVerification ?? "required",
    ...(question.rpId === undefined ? {} : { rpId: question.rpId }),
    timeout: PATIENCE_MS,
  };
  const found = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
  const { clientDataJSON, authenticatorData, signature, userHandle } = found.response as AuthenticatorAssertionResponse;
  return credentialOf(found, {
    clientDataJSON: text(clientDataJSON),
    authenticatorData: text(authenticatorData),
    signature: text(signature),
    ...(userHandle === null ? {} : { userHandle: text(userHandle) }),
  });
}

function credentialOf(credential: PublicKeyCredential, response: object): object {
  const id = text(credential.rawId);
  return { id, rawId: id, type: credential.type, response, clientExtensionResults: {} };
}

function told(error: unknown): string {
  if (error instanceof DOMException) {
    if (error.name === "InvalidStateError") return "This device has a passkey for your account already.";
    if (error.name === "NotAllowedError") return "Nothing was signed: it was cancelled, or took too long.";
    return "The browser could not ask for a passkey.";
  }
  return error instanceof Error ? error.message : "That did not work. Try again.";
}

/** Bytes as WebAuthn writes them: base64 with - and _, without padding. */
function text(data: ArrayBuffer): string {
  const binary = String.fromCharCode(...new Uint8Array(data));
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function bytes(encoded: string): Uint8Array<ArrayBuffer> {
  const binary = atob(encoded.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
