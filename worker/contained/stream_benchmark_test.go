package contained_test

import (
	"archive/tar"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/concourse/concourse/worker/baggageclaim"
	"github.com/concourse/concourse/worker/baggageclaim/volume"
	"github.com/concourse/concourse/worker/baggageclaim/volume/driver"

	"github.com/concourse/concourse-kubernetes/worker/contained"
)

func BenchmarkStreamIn(b *testing.B) {
	for name, write := range map[string]func(*tar.Writer) error{
		"one file of 1 GiB":  func(archive *tar.Writer) error { return member(archive, "file", 1<<30) },
		"30,000 small files": manyFiles,
	} {
		b.Run(name, func(b *testing.B) {
			dir := b.TempDir()
			volumes, err := volume.NewFilesystem(&driver.NaiveDriver{}, dir)
			if err != nil {
				b.Fatal(err)
			}
			repository, err := contained.NewRepository(volumes)
			if err != nil {
				b.Fatal(err)
			}
			made, err := volumes.NewVolume("in")
			if err != nil {
				b.Fatal(err)
			}
			live, err := made.Initialize()
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				stream, writer := io.Pipe()
				go func() {
					pieces := bufio.NewWriterSize(writer, 32<<10) // as HTTP has them
					archive := tar.NewWriter(pieces)
					writer.CloseWithError(errors.Join(write(archive), archive.Close(), pieces.Flush()))
				}()
				if _, err := repository.StreamIn(context.Background(), "in", ".", baggageclaim.RawEncoding, 0, stream); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				os.RemoveAll(live.DataPath() + "/file")
				os.RemoveAll(live.DataPath() + "/files")
				b.StartTimer()
			}
		})
	}
}

func manyFiles(archive *tar.Writer) error {
	for i := range 30_000 {
		if err := member(archive, fmt.Sprintf("files/of/%d/%d", i/100, i), 1<<10); err != nil {
			return err
		}
	}
	return nil
}

func member(archive *tar.Writer, name string, size int64) error {
	if err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: size}); err != nil {
		return err
	}
	content := make([]byte, min(size, 1<<16))
	for i := range content {
		content[i] = byte(i)
	}
	for written := int64(0); written < size; written += int64(len(content)) {
		if _, err := archive.Write(content); err != nil {
			return err
		}
	}
	return nil
}
