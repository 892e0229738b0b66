package buildlog

import (
	"io"
	"net"
	"strings"
	"time"

	"code.cloudfoundry.org/clock/fakeclock"
	"github.com/concourse/concourse/atc/event"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/outputstream"
)

// pieceSize is that of the worker's pieces: it parts characters and lines.
const pieceSize = 32 << 10

var _ = Describe("the log of a step whose web goes while it prints", func() {
	var (
		build   *fakeBuild
		secrets fakeSecrets
	)
	// serve is a web that attaches to a process. Its worker is the other end.
	serve := func() net.Conn {
		worker, web := net.Pipe()
		origin := event.Origin{ID: "1", Source: event.OriginSourceStdout}
		log := NewWriter(Persistent(build), origin, fakeclock.NewFakeClock(time.Unix(1, 0)), &secrets)
		receiver := outputstream.NewReceiver(web, "some-container", true, func(err error) { Fail(err.Error()) })
		go func() {
			defer GinkgoRecover()
			io.Copy(log, receiver)
			web.Close()
		}()
		return worker
	}
	// send sends output as the worker does. Each web goes before its third piece, and
	// the next one is sent what comes after what that one had taken.
	send := func(printed string) {
		GinkgoHelper()
		for taken, position := int64(0), int64(0); taken < int64(len(printed)); position = taken {
			conn := serve()
			sender := outputstream.NewSender(conn)
			for piece := 0; position < int64(len(printed)); piece++ {
				if piece == 2 {
					conn.Close()
				}
				data := printed[position:min(len(printed), int(position)+pieceSize)]
				var err error
				if taken, err = sender.WriteOutput([]byte(data), position); err != nil {
					break
				}
				position += int64(len(data))
			}
			conn.Close()
			if position == int64(len(printed)) {
				return
			}
		}
	}

	DescribeTable("has every byte once", func(line string) {
		build, secrets = newFakeBuild(), nil
		printed := strings.Repeat(line, 20*pieceSize/len(line)) + "\n"
		send(printed)
		Expect(build.log() == printed).To(BeTrue(), "%d bytes of %d", len(build.log()), len(printed))
	},
		Entry("of lines", strings.Repeat("ü", 50)+"\n"),
		Entry("of one line", "ü€"),
		Entry("of characters between bytes", "aü"),
	)

	It("has every byte once where a line waits for its end because of secrets", func() {
		build, secrets = newFakeBuild(), fakeSecrets{"sécret"}
		printed := strings.Repeat(strings.Repeat("ü", 5000)+"sécret\n", 60)
		send(printed)
		Expect(build.log() == strings.ReplaceAll(printed, "sécret", redacted)).To(BeTrue(), "%d bytes of %d", len(build.log()), len(printed))
	})
})
