package buildlog

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"io"
	"net"
	"reflect"
	"strings"

	"code.cloudfoundry.org/clock/fakeclock"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/event"
	"github.com/jackc/pgx/v5/pgconn"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"time"
)

// closedDatabase is what database/sql answers once a pool was closed.
func closedDatabase() error {
	pool := sql.OpenDB(noConnector{})
	pool.Close()
	return pool.Ping()
}

type noConnector struct{ driver.Connector }

// errConnection is a connection that broke.
var errConnection = &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}

type fakeSecrets []string

func (s fakeSecrets) Each(visit func(string)) {
	for _, secret := range s {
		visit(secret)
	}
}

var _ = Describe("the log of a step", func() {
	const container = "some-container"
	var (
		build   *fakeBuild
		secrets fakeSecrets
	)
	newLog := func() *Writer {
		origin := event.Origin{ID: "1", Source: event.OriginSourceStdout}
		return NewWriter(Persistent(build), origin, fakeclock.NewFakeClock(time.Unix(1, 0)), &secrets)
	}

	BeforeEach(func() {
		build, secrets = newFakeBuild(), nil
	})

	It("has a character once all of it was written, and half a one at the end", func() {
		log := newLog().OutputOf(container, false)
		Expect(log.WriteOutput([]byte("€\xe2"), 0)).To(BeEquivalentTo(3))
		Expect(build.log()).To(Equal("€"))
		Expect(log.WriteOutput([]byte("\x82"), 4)).To(BeEquivalentTo(3))
		Expect(log.WriteOutput([]byte("\xac\xc3"), 5)).To(BeEquivalentTo(6))
		Expect(build.log()).To(Equal("€€"))
		Expect(log.(*output).log.Close()).To(Succeed())
		Expect(build.log()).To(Equal("€€\ufffd"))
	})

	It("does not wait for the rest of what is no character", func() {
		log := newLog().OutputOf(container, false)
		Expect(log.WriteOutput([]byte("a\xff\x82\x82\x82"), 0)).To(BeEquivalentTo(5))
		Expect(build.log()).To(Equal("a\ufffd\ufffd\ufffd\ufffd"))
	})

	It("takes web's own text too", func() {
		_, err := io.WriteString(newLog(), "hello\n")
		Expect(err).NotTo(HaveOccurred())
		Expect(build.log()).To(Equal("hello\n"))
	})

	Describe("with secrets", func() {
		BeforeEach(func() { secrets = fakeSecrets{"very-secret\nsecond\nx"} }) // one letter is none

		It("shows none, also of one that comes in pieces", func() {
			log := newLog().OutputOf(container, false)
			Expect(log.WriteOutput([]byte("a very-"), 0)).To(BeZero())
			Expect(build.log()).To(BeEmpty())
			Expect(log.WriteOutput([]byte("secret x second\nrest"), 7)).To(BeEquivalentTo(23))
			Expect(build.log()).To(Equal("a ((redacted)) x ((redacted))\n"))
		})

		It("shows no end of one that another one begins", func() {
			secrets = fakeSecrets{"secret", "secret-key"}
			log := newLog().OutputOf(container, false)
			Expect(log.WriteOutput([]byte("a secret-key\n"), 0)).To(BeEquivalentTo(13))
			Expect(build.log()).To(Equal("a ((redacted))\n"))
		})

		It("shows none of one that lies where a long line is cut, or is not complete yet", func() {
			for after := range len("very-secret") + 1 {
				build = newFakeBuild()
				log := newLog().OutputOf(container, false)
				line := strings.Repeat("-", longestLine) + "very-secret" + strings.Repeat("-", after)
				_, err := log.WriteOutput([]byte(line), 0)
				Expect(err).NotTo(HaveOccurred())
				Expect(build.log()).To(ContainSubstring("-"))
				_, err = log.WriteOutput([]byte("-very-sec"), int64(len(line)))
				Expect(err).NotTo(HaveOccurred())
				_, err = log.WriteOutput([]byte("ret\n"), int64(len(line))+9)
				Expect(err).NotTo(HaveOccurred())
				shown := strings.ReplaceAll(line+"-very-secret\n", "very-secret", redacted)
				Expect(build.log() == shown).To(BeTrue(), "%d letters after the secret", after)
			}
		})
	})

	Describe("after a restart of web", func() {
		It("goes on where the events end, whatever the worker was told", func() {
			log := newLog().OutputOf(container, false)
			Expect(log.WriteOutput([]byte("one\n"), 0)).To(BeEquivalentTo(4))
			Expect(log.WriteOutput([]byte("two\n"), 4)).To(BeEquivalentTo(8))

			again := newLog().OutputOf(container, true)
			Expect(again.WriteOutput([]byte("two\n"), 4)).To(BeEquivalentTo(8))
			Expect(again.WriteOutput([]byte("three\n"), 8)).To(BeEquivalentTo(14))
			Expect(build.log()).To(Equal("one\ntwo\nthree\n"))
		})

		It("has what waited for its rest", func() {
			Expect(newLog().OutputOf(container, false).WriteOutput([]byte("€\xe2\x82"), 0)).To(BeEquivalentTo(3))
			Expect(newLog().OutputOf(container, true).WriteOutput([]byte("\xe2\x82\xac"), 3)).To(BeEquivalentTo(6))
			Expect(build.log()).To(Equal("€€"))
		})

		It("has once what waited for its rest when web wrote something of its own", func() {
			log := newLog()
			Expect(log.OutputOf(container, false).WriteOutput([]byte("€\xe2"), 0)).To(BeEquivalentTo(3))
			_, err := io.WriteString(log, " web's own\n")
			Expect(err).NotTo(HaveOccurred())
			Expect(build.log()).To(Equal("€\ufffd web's own\n"))

			again := newLog().OutputOf(container, true)
			Expect(again.WriteOutput([]byte("\xe2\x82\xac"), 3)).To(BeEquivalentTo(6))
			Expect(build.log()).To(Equal("€\ufffd web's own\n\ufffd\ufffd"))
		})

		It("takes again of what waited only what web's own text did not push out", func() {
			secrets = fakeSecrets{"secret"}
			log := newLog()
			Expect(log.OutputOf(container, false).WriteOutput([]byte("held"), 0)).To(BeZero())
			_, err := io.WriteString(log, " back\nweb's")
			Expect(err).NotTo(HaveOccurred())
			Expect(build.log()).To(Equal("held back\n"))

			again := newLog().OutputOf(container, true)
			Expect(again.WriteOutput([]byte("held on\n"), 0)).To(BeEquivalentTo(8))
			Expect(build.log()).To(Equal("held back\n on\n"))
		})

		It("keeps the position that an earlier web saved when web itself writes before the process does", func() {
			Expect(newLog().OutputOf(container, false).WriteOutput([]byte("one\n"), 0)).To(BeEquivalentTo(4))
			log := newLog()
			attached := log.OutputOf(container, true)
			_, err := io.WriteString(log, "web's own")
			Expect(err).NotTo(HaveOccurred())
			Expect(log.Close()).To(Succeed())
			Expect(attached.WriteOutput([]byte("one\ntwo\n"), 0)).To(BeEquivalentTo(8))
			Expect(build.log()).To(Equal("one\nweb's owntwo\n"))
		})

		It("takes all of another container's process", func() {
			Expect(newLog().OutputOf(container, false).WriteOutput([]byte("one\n"), 0)).To(BeEquivalentTo(4))
			Expect(newLog().OutputOf("another", true).WriteOutput([]byte("two\n"), 0)).To(BeEquivalentTo(4))
			Expect(build.log()).To(Equal("one\ntwo\n"))
		})

		It("goes on at a position that no event tells of", func() {
			Expect(newLog().OutputOf(container, true).WriteOutput([]byte("rest\n"), 100)).To(BeEquivalentTo(105))
			Expect(build.log()).To(Equal("rest\n"))
		})
	})

	It("goes on with a worker that was restarted, with what web has not saved yet", func() {
		log := newLog()
		Expect(log.OutputOf(container, false).WriteOutput([]byte("a\xe2"), 0)).To(BeEquivalentTo(1))
		Expect(log.OutputOf(container, true).WriteOutput([]byte("\xe2\x82\xac"), 1)).To(BeEquivalentTo(4))
		Expect(build.log()).To(Equal("a€"))
	})

	Describe("while the database is away", func() {
		It("waits, and has everything once", func() {
			build.failures = []error{
				errConnection, &pgconn.PgError{Code: "57P02"}, io.ErrUnexpectedEOF, // to save it
				nil, errLostAnswer, // a mark, and it
			}
			log := newLog().OutputOf(container, false)
			Expect(log.WriteOutput([]byte("one\n"), 0)).To(BeEquivalentTo(4))
			Expect(log.WriteOutput([]byte("two\n"), 4)).To(BeEquivalentTo(8))
			Expect(build.log()).To(Equal("one\ntwo\n"))
		})

		It("saves nothing twice whose answer was lost", func() {
			build.failures = []error{errLostAnswer}
			Expect(newLog().OutputOf(container, false).WriteOutput([]byte("one\n"), 0)).To(BeEquivalentTo(4))
			Expect(build.log()).To(Equal("one\n"))
		})

		DescribeTable("waits as well, and takes nothing meanwhile, where", func(failure error) {
			build.failures = []error{failure, failure}
			Expect(newLog().OutputOf(container, false).WriteOutput([]byte("one\n"), 0)).To(BeEquivalentTo(4))
			Expect(build.failures).To(BeEmpty())
			Expect(build.log()).To(Equal("one\n"))
		},
			Entry("web stops and has closed its connections", closedDatabase()),
			Entry("a connection was taken away", sql.ErrConnDone),
			Entry("a replica answers after a failover", &pgconn.PgError{Code: "25006"}),
			Entry("the login is being changed", &pgconn.PgError{Code: "28P01"}),
			Entry("the database is being restored", &pgconn.PgError{Code: "3D000"}),
			Entry("nobody knows what it is", errors.New("never seen before")),
		)

		DescribeTable("does not wait, has what it saved before, and may be written to again, where", func(failure error) {
			log := newLog().OutputOf(container, false)
			Expect(log.WriteOutput([]byte("a\xe2"), 0)).To(BeEquivalentTo(1))
			build.failures = []error{failure}
			taken, err := log.WriteOutput([]byte("\x82\xac"), 2)
			Expect(err).To(MatchError(failure))
			Expect(taken).To(BeEquivalentTo(1))
			Expect(log.WriteOutput([]byte("\x82\xac"), 2)).To(BeEquivalentTo(4))
			Expect(build.log()).To(Equal("a€"))
		},
			Entry("the pipeline of the build is gone", &pgconn.PgError{Code: "42P01", Message: "relation does not exist"}),
			Entry("the build is gone", db.ErrBuildDisappeared),
			Entry("the build is gone from a query", sql.ErrNoRows),
			Entry("the build has ended", db.ErrEndOfBuildEventStream),
			Entry("the event breaks a constraint", &pgconn.PgError{Code: "23503"}),
			Entry("the event is no text for the database", &pgconn.PgError{Code: "22021"}),
			Entry("the event is too large", &pgconn.PgError{Code: "54000"}),
			Entry("the event is no JSON", &json.UnsupportedTypeError{Type: reflect.TypeFor[chan int]()}),
		)
	})
})
