package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"muster/playbooks/diagram"
)

//go:embed static
var staticFiles embed.FS

// assets are the static files, held ready to send. Their addresses carry a digest of
// them all, so that browsers may keep them for ever and still never show old ones.
type assets struct {
	digest string
	files  map[string]asset
}

type asset struct {
	contentType string
	plain       []byte
	// gzipped is empty where compressing saves nothing, as with fonts.
	gzipped []byte
}

func newAssets() (*assets, error) {
	a := &assets{files: map[string]asset{}}
	sum := sha256.New()
	err := fs.WalkDir(staticFiles, "static", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := staticFiles.ReadFile(name)
		if err != nil {
			return err
		}
		file, err := newAsset(name, content)
		if err != nil {
			return err
		}
		sum.Write([]byte(name))
		sum.Write(content)
		a.files[strings.TrimPrefix(name, "static/")] = file
		return nil
	})
	if err != nil {
		return nil, err
	}
	// The drawings of package diagram bring their own style.
	if a.files[diagramStyle], err = newAsset(diagramStyle, []byte(diagram.Stylesheet())); err != nil {
		return nil, err
	}
	sum.Write([]byte(diagram.Stylesheet()))
	a.digest = hex.EncodeToString(sum.Sum(nil))[:12]
	return a, nil
}

// diagramStyle is the name of the drawings' stylesheet.
const diagramStyle = "diagram.css"

// contentTypes names the types of the files there are, whatever the machine's own
// table of types says.
var contentTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
}

func newAsset(name string, content []byte) (asset, error) {
	file := asset{contentType: contentTypes[path.Ext(name)], plain: content}
	if file.contentType == "" {
		file.contentType = "text/plain; charset=utf-8"
	}
	var small bytes.Buffer
	w, err := gzip.NewWriterLevel(&small, gzip.BestCompression)
	if err != nil {
		return asset{}, err
	}
	if _, err := w.Write(content); err != nil {
		return asset{}, err
	}
	if err := w.Close(); err != nil {
		return asset{}, err
	}
	if small.Len() < len(content)*9/10 {
		file.gzipped = small.Bytes()
	}
	return file, nil
}

// address is where a browser finds a file, given by its name below static/.
func (a *assets) address(name string) string { return "/static/" + a.digest + "/" + name }

const yearSeconds = int(365 * 24 * time.Hour / time.Second)

func (a *assets) serve(c *gin.Context) {
	digest, name, _ := strings.Cut(strings.TrimPrefix(c.Param("file"), "/"), "/")
	file, ok := a.files[name]
	if !ok {
		c.AbortWithStatus(http.StatusNotFound)
		return
	}
	// An old digest is answered with what there is now, but must not be kept.
	if digest == a.digest {
		c.Header("Cache-Control", "public, max-age="+itoa(yearSeconds)+", immutable")
	} else {
		c.Header("Cache-Control", "no-cache")
	}
	body := file.plain
	if len(file.gzipped) > 0 {
		c.Header("Vary", "Accept-Encoding")
		if strings.Contains(c.GetHeader("Accept-Encoding"), "gzip") {
			c.Header("Content-Encoding", "gzip")
			body = file.gzipped
		}
	}
	c.Data(http.StatusOK, file.contentType, body)
}
