package strongroom.interop;

/** A request that is malformed, or asks for what the client lacks. */
final class RequestError extends RuntimeException {
  final String code;

  private RequestError(String code, String message) {
    super(message);
    this.code = code;
  }

  static RequestError invalid(String message) {
    return new RequestError("INPUT_INVALID", message);
  }

  static RequestError unknownField(String message) {
    return new RequestError("OPTION_INVALID", message);
  }

  static RequestError unsupported(String message) {
    return new RequestError("UNSUPPORTED", message);
  }
}
