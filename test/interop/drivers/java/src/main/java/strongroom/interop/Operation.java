package strongroom.interop;

import java.util.Map;

/** Does what a request asks for. */
@FunctionalInterface
interface Operation {
  /**
   * @param request the fields of the request but op and id
   * @return the fields of the answer; bytes become base64
   */
  Map<String, Object> run(Fields request) throws Exception;
}
