package workercmd

import (
	"fmt"
	"net/http"
	"os"
	"time"

	"code.cloudfoundry.org/lager/v3"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient"
	concourseCmd "github.com/concourse/concourse/cmd"
	"github.com/concourse/concourse/worker"
	bclient "github.com/concourse/concourse/worker/baggageclaim/client"
	"github.com/tedsuo/ifrit"
	"github.com/tedsuo/ifrit/grouper"
	"github.com/tedsuo/ifrit/http_server"
)

// volumeRequestTimeout bounds a sweeper's request: the removal of a volume.
const volumeRequestTimeout = 5 * time.Minute

// members runs the parts that upstream's worker consists of, side by side.
func (cmd *WorkerCommand) members(logger lager.Logger, registration atc.Worker, on cluster, garden, baggageclaim, volumeRegistry ifrit.Runner) ifrit.Runner {
	gardenURL, baggageclaimURL := "http://"+cmd.gardenAddress(), "http://"+cmd.baggageclaimAddress()
	tsa := cmd.TSA.Client(registration)
	beacon := worker.NewBeaconRunner(
		logger.Session("beacon"), tsa, cmd.RebalanceInterval, cmd.ConnectionDrainTimeout,
		cmd.gardenAddress(), cmd.baggageclaimAddress(),
	)

	member := func(name string, runner ifrit.Runner) grouper.Member {
		return grouper.Member{Name: name, Runner: concourseCmd.NewLoggingRunner(logger.Session(name+"-runner"), runner)}
	}
	return grouper.NewParallel(os.Interrupt, grouper.Members{
		member("garden", garden),
		member("baggageclaim", baggageclaim),
		member("volume-registry", volumeRegistry),
		member("debug", http_server.New(fmt.Sprintf("%s:%d", cmd.DebugBindIP, cmd.DebugBindPort), http.DefaultServeMux)),
		member("healthcheck", cmd.healthCheck(logger, baggageclaimURL, gardenURL)),
		member("beacon", newCordonedBeacon(logger.Session("beacon"), beacon, on, cmd.WorkDir.Path())),
		member("container-sweeper", worker.NewContainerSweeper(
			logger.Session("container-sweeper"), cmd.SweepInterval, tsa,
			gclient.BasicGardenClientWithRequestTimeout(logger.Session("garden-connection"), cmd.Guardian.RequestTimeout, gardenURL),
			cmd.ContainerSweeperMaxInFlight,
		)),
		member("volume-sweeper", worker.NewVolumeSweeper(
			logger.Session("volume-sweeper"), cmd.SweepInterval, tsa,
			bclient.NewWithHTTPClient(baggageclaimURL, &http.Client{Timeout: volumeRequestTimeout}),
			cmd.VolumeSweeperMaxInFlight,
		)),
	})
}

func (cmd *WorkerCommand) healthCheck(logger lager.Logger, baggageclaimURL, gardenURL string) ifrit.Runner {
	checker := worker.NewHealthChecker(logger.Session("healthchecker"), baggageclaimURL, gardenURL, cmd.HealthCheckTimeout)
	return http_server.New(
		fmt.Sprintf("%s:%d", cmd.HealthcheckBindIP, cmd.HealthcheckBindPort),
		http.HandlerFunc(checker.CheckHealth),
	)
}
