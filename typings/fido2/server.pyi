from collections.abc import Callable, Mapping, Sequence

from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    CredentialCreationOptions,
    CredentialRequestOptions,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

class Fido2Server:
    def __init__(self, rp: PublicKeyCredentialRpEntity, *, verify_origin: Callable[[str], bool]) -> None: ...
    def register_begin(
        self,
        user: PublicKeyCredentialUserEntity,
        credentials: Sequence[AttestedCredentialData],
        *,
        resident_key_requirement: ResidentKeyRequirement,
        user_verification: UserVerificationRequirement,
        challenge: bytes,
    ) -> tuple[CredentialCreationOptions, Mapping[str, str]]: ...
    def register_complete(self, state: Mapping[str, str], response: RegistrationResponse) -> AuthenticatorData: ...
    def authenticate_begin(
        self, *, user_verification: UserVerificationRequirement, challenge: bytes
    ) -> tuple[CredentialRequestOptions, Mapping[str, str]]: ...
    def authenticate_complete(
        self,
        state: Mapping[str, str],
        credentials: Sequence[AttestedCredentialData],
        response: AuthenticationResponse,
    ) -> AttestedCredentialData: ...
