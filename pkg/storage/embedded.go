// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"go.uber.org/zap"
	"k8s.io/apiserver/pkg/storage/storagebackend"
)

const (
	// MaxQuotaBytes is the most that etcd's makers advise to store in one.
	MaxQuotaBytes = 8 << 30
	// embeddedName is what the only member of the embedded etcd is called.
	embeddedName = "embedded"
	// embeddedMember is the directory in the data directory that etcd calls its own.
	embeddedMember = "member"
	// embeddedSocket is where it listens, in the data directory if that is not too deep.
	embeddedSocket = "client.sock"
	// embeddedStart bounds how long the embedded etcd may take to replay its log.
	embeddedStart = time.Minute
	// maxSocketPath is how long the path of a unix socket may be on every system that Kubernetes runs on.
	maxSocketPath = 100
)

// Embedded is a single-member etcd in this process. It listens on unix sockets that only this user can reach, so that
// nothing else on the machine can read or write the objects behind the API server's back.
type Embedded struct {
	// Endpoint is where clients in this process reach it.
	Endpoint string

	options  EmbeddedOptions
	etcd     *embed.Etcd
	lock     *os.File
	sockets  string
	logLevel zap.AtomicLevel
}

// EmbeddedOptions say how much the embedded etcd may hold, and when it gives room back.
type EmbeddedOptions struct {
	// QuotaBytes is how large its database may become before it refuses writes.
	QuotaBytes int64
	// DefragmentFreeBytes is how much of the database must be free for it to be rewritten without what is free: at least
	// this much, and at least half. 0 is for never.
	DefragmentFreeBytes int64
}

// StartEmbedded starts etcd on dir, for whom it is large enough in any case and who leaves it as it is.
func StartEmbedded(ctx context.Context, dir string) (*Embedded, error) {
	return EmbeddedOptions{QuotaBytes: MaxQuotaBytes}.Start(ctx, dir)
}

// Start starts etcd on dir, which it makes if need be, and returns once it serves. A dir in use by another process is
// refused.
func (o EmbeddedOptions) Start(ctx context.Context, dir string) (*Embedded, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the etcd data directory: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	e := &Embedded{options: o, lock: lock, logLevel: zap.NewAtomicLevelAt(zap.WarnLevel)}
	if err := e.start(ctx, dir); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the embedded etcd in %s: %w", dir, err), e.Close())
	}
	return e, nil
}

func (e *Embedded) start(ctx context.Context, dir string) error {
	if err := refuseInterrupted(dir); err != nil {
		return err
	}
	sockets, err := e.socketDir(dir)
	if err != nil {
		return err
	}
	client := url.URL{Scheme: "unix", Path: filepath.Join(sockets, embeddedSocket)}

	config := embeddedConfig(filepath.Join(dir, embeddedMember))
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	// There are no peers to listen for or to agree with: the election that a lone member still holds can be quick.
	config.ListenPeerUrls = nil
	config.TickMs, config.ElectionMs = 10, 100
	config.QuotaBackendBytes = e.options.QuotaBytes
	logging := zap.NewProductionConfig()
	logging.Level, logging.DisableStacktrace = e.logLevel, true
	logger, err := logging.Build()
	if err != nil {
		return err
	}
	config.ZapLoggerBuilder = embed.NewZapLoggerBuilder(logger.Named("etcd"))

	e.etcd, err = embed.StartEtcd(config)
	if err != nil {
		return err
	}
	select {
	case <-e.etcd.Server.ReadyNotify():
		e.Endpoint = client.String()
		return e.tellEndpoint()
	case err := <-e.etcd.Err():
		return err
	case <-time.After(embeddedStart):
		return fmt.Errorf("not ready after %v", embeddedStart)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// embeddedConfig is what a member is that keeps its data in dir.
func embeddedConfig(dir string) *embed.Config {
	config := embed.NewConfig()
	config.Name, config.Dir = embeddedName, dir
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	return config
}

// NewBackend is the package's, for a server in the same process: its reads, writes and watches are calls of etcd and not
// messages to it, which is most of what a small write costs. Leases and health checks still go through the socket.
func (e *Embedded) NewBackend(config storagebackend.Config) (*Backend, error) {
	backend, err := newBackend(config, e.connect)
	if err != nil {
		return nil, err
	}
	backend.space.upkeep = &upkeep{etcd: e.etcd.Server, freeBytes: e.options.DefragmentFreeBytes}
	return backend, nil
}

// connect makes client one that calls etcd. What a watch hands out is then etcd's own memory: to be read only.
func (e *Embedded) connect(client *clientv3.Client) func() clientv3.Watcher {
	direct := v3client.New(e.etcd.Server)
	client.KV, client.Watcher = inProcess{KV: direct.KV, streams: client.KV}, direct.Watcher
	return func() clientv3.Watcher { return v3client.New(e.etcd.Server).Watcher }
}

// inProcess is a KV of an etcd in this process, except for what only a connection can do.
type inProcess struct {
	clientv3.KV
	streams clientv3.KV
}

// GetStream reads through the connection: etcd's adapter has no such call.
func (k inProcess) GetStream(ctx context.Context, key string, options ...clientv3.OpOption) (clientv3.GetStreamChan, error) {
	return k.streams.GetStream(ctx, key, options...)
}

// Err receives what ended etcd, if anything does before Close.
func (e *Embedded) Err() <-chan error { return e.etcd.Err() }

// Close stops etcd and gives up the data directory. Everything acknowledged is on disk already.
func (e *Embedded) Close() error {
	if e.etcd != nil {
		// etcd logs each listener that it closes itself as an error.
		e.logLevel.SetLevel(zap.FatalLevel)
		e.etcd.Close()
	}
	var err error
	if e.sockets != "" {
		if err = os.RemoveAll(e.sockets); err != nil {
			err = fmt.Errorf("removing the etcd sockets: %w", err)
		}
	}
	return errors.Join(err, e.lock.Close())
}

// socketDir is dir itself, or a private temporary directory where dir is too deep for a socket's path.
func (e *Embedded) socketDir(dir string) (string, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if len(filepath.Join(absolute, embeddedSocket)) <= maxSocketPath {
		return absolute, nil
	}
	e.sockets, err = os.MkdirTemp("", "tenancy-etcd-")
	return e.sockets, err
}
