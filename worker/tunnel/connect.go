package tunnel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"time"

	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/tsa"
	"golang.org/x/crypto/ssh"
)

const (
	dialPatience  = 10 * time.Second
	tcpKeepAlive  = 15 * time.Second
	anyUserWillDo = "beacon" // the TSA looks at the key alone
)

// gateway is an SSH connection to one of the TSA's hosts.
type gateway struct {
	*ssh.Client
	tcp *net.TCPConn
}

// connect connects to any of the hosts that answers. The connection breaks when
// nothing goes through it for the idle time, if that is not 0.
func (c Client) connect(ctx context.Context, idle time.Duration) (gateway, error) {
	signer, err := ssh.NewSignerFromKey(c.PrivateKey)
	if err != nil {
		return gateway{}, fmt.Errorf("use the key of --tsa-worker-private-key: %w", err)
	}
	tcp, err := c.dialAny(ctx)
	if err != nil {
		return gateway{}, err
	}

	stop := context.AfterFunc(ctx, func() { tcp.Close() })
	defer stop()
	connection, channels, requests, err := ssh.NewClientConn(idleConn{tcp, idle}, tcp.RemoteAddr().String(), &ssh.ClientConfig{
		Config:          atc.DefaultSSHConfig(),
		User:            anyUserWillDo,
		Auth:            []ssh.AuthMethod{ssh.PublicKeys(signer)},
		HostKeyCallback: c.checkHostKey,
	})
	if err != nil {
		tcp.Close()
		return gateway{}, &tsa.HandshakeError{Err: err}
	}
	return gateway{ssh.NewClient(connection, channels, requests), tcp}, nil
}

// dialAny tries all hosts in an order by chance, so that workers spread over them.
func (c Client) dialAny(ctx context.Context) (*net.TCPConn, error) {
	dialer := &net.Dialer{Timeout: dialPatience, KeepAlive: tcpKeepAlive}
	var failures []error
	for _, i := range rand.Perm(len(c.Hosts)) {
		connection, err := dialer.DialContext(ctx, "tcp", c.Hosts[i])
		if err == nil {
			return connection.(*net.TCPConn), nil
		}
		failures = append(failures, err)
	}
	return nil, fmt.Errorf("%w: %w: check --tsa-host, and that web runs", tsa.ErrAllGatewaysUnreachable, errors.Join(failures...))
}

// checkHostKey takes any of the keys for any host: the TSA may be behind a load
// balancer, whose name its key has nothing to do with.
func (c Client) checkHostKey(_ string, _ net.Addr, offered ssh.PublicKey) error {
	known := slices.ContainsFunc(c.HostKeys, func(key ssh.PublicKey) bool {
		return bytes.Equal(key.Marshal(), offered.Marshal())
	})
	if !known {
		return fmt.Errorf("the key that the host offers, %s, is not that of --tsa-public-key", ssh.FingerprintSHA256(offered))
	}
	return nil
}

// idleConn breaks when neither end says anything for that time, if it is not 0.
type idleConn struct {
	net.Conn
	patience time.Duration
}

func (c idleConn) Read(into []byte) (int, error) {
	if err := c.extend(); err != nil {
		return 0, err
	}
	return c.Conn.Read(into)
}

func (c idleConn) Write(from []byte) (int, error) {
	if err := c.extend(); err != nil {
		return 0, err
	}
	return c.Conn.Write(from)
}

func (c idleConn) extend() error {
	if c.patience == 0 {
		return nil
	}
	return c.SetDeadline(time.Now().Add(c.patience))
}
