package contained

import (
	"io"

	"github.com/concourse/concourse/worker/baggageclaim"
	"github.com/concourse/concourse/worker/baggageclaim/volume"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func compressor(encoding baggageclaim.Encoding, dest io.Writer) (io.WriteCloser, error) {
	switch encoding {
	case baggageclaim.RawEncoding:
		return uncompressed{dest}, nil
	case baggageclaim.GzipEncoding:
		return gzip.NewWriter(dest), nil
	case baggageclaim.ZstdEncoding:
		return zstd.NewWriter(dest)
	default:
		return nil, volume.ErrUnsupportedStreamEncoding // which upstream's API compares
	}
}

func decompressor(encoding baggageclaim.Encoding, stream io.Reader) (io.ReadCloser, error) {
	switch encoding {
	case baggageclaim.RawEncoding:
		return io.NopCloser(stream), nil
	case baggageclaim.GzipEncoding:
		return gzip.NewReader(stream)
	case baggageclaim.ZstdEncoding:
		decoder, err := zstd.NewReader(stream)
		if err != nil {
			return nil, err
		}
		return decoder.IOReadCloser(), nil
	default:
		return nil, volume.ErrUnsupportedStreamEncoding
	}
}

type uncompressed struct{ io.Writer }

func (uncompressed) Close() error { return nil }
