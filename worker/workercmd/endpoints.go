package workercmd

import (
	"errors"
	"fmt"
	"path/filepath"

	"code.cloudfoundry.org/lager/v3"
	"github.com/concourse/flag/v2"

	"github.com/concourse/concourse-kubernetes/worker/endpoint"
)

// socketsDir is the folder, in the work dir, of the sockets of the worker's servers.
const socketsDir = "sockets"

// endpoints are where the worker's servers listen that make whoever reaches them
// root of the node.
type endpoints struct {
	garden, baggageclaim endpoint.Endpoint
	// debug has pprof, Baggageclaim's too: it runs in the same process.
	debug endpoint.Endpoint
	// streams is where other workers stream volumes to this one, nil if they may not.
	streams *endpoint.Endpoint
}

// endpoints reads upstream's flags, which name TCP addresses. Loopback, the default,
// stands for a unix socket: every process on the node reaches its loopback. Web and
// the worker itself need no TCP. Only another worker does, which streams volumes to
// Baggageclaim.
func (cmd *WorkerCommand) endpoints() (endpoints, error) {
	for _, one := range []struct {
		flag, gives string
		ip          flag.IP
	}{
		{"--bind-ip", "Garden's API runs any process as root of this node", cmd.BindIP},
		{"--debug-bind-ip", "the debugger shows the memory of the worker, secrets among it", cmd.DebugBindIP},
		{"--baggageclaim-debug-bind-ip", "the debugger shows the memory of the worker, secrets among it", cmd.Baggageclaim.DebugBindIP},
	} {
		if !one.ip.IsLoopback() {
			return endpoints{}, fmt.Errorf("%s=%s: %s, for whoever reaches that address, without a password: leave the flag out; "+
				"the worker then listens at a unix socket in %s, where root alone reaches it, and web does through the worker's own connection",
				one.flag, one.ip, one.gives, cmd.socket("").Address)
		}
	}
	at := endpoints{garden: cmd.socket("garden.sock"), baggageclaim: cmd.socket("baggageclaim.sock"), debug: cmd.socket("debug.sock")}
	if !cmd.Baggageclaim.BindIP.IsLoopback() {
		streams := endpoint.TCP(cmd.Baggageclaim.BindIP.IP, cmd.Baggageclaim.BindPort)
		at.streams = &streams
	}
	return at, nil
}

func (cmd *WorkerCommand) socket(name string) endpoint.Endpoint {
	return endpoint.Unix(filepath.Join(cmd.WorkDir.Path(), socketsDir, name))
}

// sayWhatIsOpen tells the operator what the flags open, as an error, so that every
// level of the log has it.
func (at endpoints) sayWhatIsOpen(logger lager.Logger) {
	if at.streams == nil {
		return
	}
	logger.Error("volumes-are-open-to-the-network", errors.New(
		"--baggageclaim-bind-ip is not loopback: whoever reaches "+at.streams.Address+
			" writes into every volume of this node whose handle he knows, without a password: let only other workers reach it, see docs/security.md"),
		lager.Data{"address": at.streams.Address})
}
