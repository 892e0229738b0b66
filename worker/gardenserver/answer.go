package gardenserver

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/lager/v3"
)

// takeOver answers a request and returns its connection, which carries what its
// streams carry from then on. It writes the answer itself. Once the server stops,
// net/http's answers say that the connection closes. Web's client of streams takes
// that for an error, which it does not try again, and looks at nothing else.
func takeOver(w http.ResponseWriter, status int) (net.Conn, *bufio.Reader, error) {
	// Without the encoding, which the streams do not have, it would close as well.
	return answer(w, status, "Transfer-Encoding: chunked", nil)
}

func answer(w http.ResponseWriter, status int, length string, body []byte) (net.Conn, *bufio.Reader, error) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("take over the connection: %w", err)
	}
	head := fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Type: application/json\r\n%s\r\n\r\n", status, http.StatusText(status), length)
	if _, err := io.WriteString(conn, head+string(body)); err != nil {
		conn.Close()
		return nil, nil, fmt.Errorf("answer: %w", err)
	}
	return conn, buffered.Reader, nil
}

// fail answers as Garden's own server does.
func (s *Server) fail(w http.ResponseWriter, doing string, err error) {
	s.logger.Info("failed-to-"+doing, lager.Data{"error": err.Error()})
	failure := &garden.Error{Err: err}
	body, err := json.Marshal(failure)
	if err != nil {
		s.logger.Error("failed-to-encode-error", err)
	}
	conn, _, err := answer(w, failure.StatusCode(), fmt.Sprintf("Content-Length: %d", len(body)), body)
	if err != nil {
		s.logger.Info("failed-to-answer", lager.Data{"error": err.Error()})
		return
	}
	conn.Close()
}
