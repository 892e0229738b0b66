package workercmd

import (
	"net/http"
	"os"
	"time"

	"code.cloudfoundry.org/garden/routes"
	"code.cloudfoundry.org/lager/v3"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient/connection"
	"github.com/concourse/concourse/atc/worker/gardenruntime/transport"
	concourseCmd "github.com/concourse/concourse/cmd"
	"github.com/concourse/concourse/worker"
	bclient "github.com/concourse/concourse/worker/baggageclaim/client"
	"github.com/tedsuo/ifrit"
	"github.com/tedsuo/ifrit/grouper"
	"github.com/tedsuo/rata"

	"github.com/concourse/concourse-kubernetes/worker/endpoint"
	"github.com/concourse/concourse-kubernetes/worker/tunnel"
)

// volumeRequestTimeout bounds a sweeper's request: the removal of a volume.
const volumeRequestTimeout = 5 * time.Minute

// members runs the parts that upstream's worker consists of, side by side.
func (cmd *WorkerCommand) members(logger lager.Logger, registration atc.Worker, on cluster, at endpoints, garden, baggageclaim, volumeRegistry ifrit.Runner) ifrit.Runner {
	web := tunnel.Client{Client: cmd.TSA.Client(registration)}
	beacon := cmd.newBeacon(logger.Session("beacon"), web, at)

	member := func(name string, runner ifrit.Runner) grouper.Member {
		return grouper.Member{Name: name, Runner: concourseCmd.NewLoggingRunner(logger.Session(name+"-runner"), runner)}
	}
	return grouper.NewParallel(os.Interrupt, grouper.Members{
		member("garden", garden),
		member("baggageclaim", baggageclaim),
		member("volume-registry", volumeRegistry),
		member("debug", endpoint.Server{Listen: at.debug.Listen, Handler: http.DefaultServeMux}),
		member("healthcheck", endpoint.Server{
			Listen: endpoint.TCP(cmd.HealthcheckBindIP.IP, cmd.HealthcheckBindPort).Listen,
			Handler: healthCheck{
				garden: at.garden.HTTPClient(cmd.HealthCheckTimeout), baggageclaim: at.baggageclaim.HTTPClient(cmd.HealthCheckTimeout),
				timeout: cmd.HealthCheckTimeout, logger: logger.Session("healthcheck"),
			},
		}),
		member("beacon", newCordonedBeacon(logger.Session("beacon"), beacon, on, cmd.WorkDir.Path())),
		member("container-sweeper", worker.NewContainerSweeper(
			logger.Session("container-sweeper"), cmd.SweepInterval, web,
			cmd.gardenClient(logger.Session("garden-connection"), at.garden),
			cmd.ContainerSweeperMaxInFlight,
		)),
		member("volume-sweeper", worker.NewVolumeSweeper(
			logger.Session("volume-sweeper"), cmd.SweepInterval, web,
			bclient.NewWithHTTPClient("http://baggageclaim", at.baggageclaim.HTTPClient(volumeRequestTimeout)),
			cmd.VolumeSweeperMaxInFlight,
		)),
	})
}

// gardenClient is the sweeper's, which needs no streams.
func (cmd *WorkerCommand) gardenClient(logger lager.Logger, at endpoint.Endpoint) gclient.Client {
	return gclient.NewClient(connection.NewWithHijacker(&transport.WorkerHijackStreamer{
		HttpClient: at.HTTPClient(cmd.Guardian.RequestTimeout),
		Req:        rata.NewRequestGenerator("http://garden", routes.Routes),
	}, logger))
}
