package main

import (
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// How late a goroutine comes that sleeps time and again, beside two that never
// yield.
func ticker(n int, m *meter) {
	m.once = true
	const ticks, pause = 300, 3 * time.Millisecond
	var stop atomic.Bool
	for i := 0; i < 2; i++ {
		go func() {
			x := uint64(88172645463325252)
			for !stop.Load() {
				x ^= x << 13
				x ^= x >> 7
				x ^= x << 17
			}
		}()
	}
	late := make([]float64, ticks)
	m.start()
	for i := range late {
		due := time.Now().Add(pause)
		time.Sleep(pause)
		late[i] = float64(time.Since(due).Nanoseconds())
	}
	m.stop()
	stop.Store(true)
	sort.Float64s(late)
	at := func(share float64) float64 { return late[int(share*(ticks-1))] }
	m.counters = map[string]float64{"p50": at(0.50), "p99": at(0.99), "max": at(1)}
}

// Bytes of memory that the process has touched.
func residentBytes() float64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		panic(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		panic(err)
	}
	return float64(pages * os.Getpagesize())
}

func parked(goroutines int) row {
	return func(n int, m *meter) {
		m.once = true
		over := make(chan struct{})
		var all sync.WaitGroup
		all.Add(goroutines)
		before := residentBytes()
		m.start()
		for i := 0; i < goroutines; i++ {
			go func() {
				all.Done()
				<-over
			}()
		}
		all.Wait()
		runtime.Gosched() // After this, all wait.
		m.stop()
		m.counters = map[string]float64{
			"bytes": (residentBytes() - before) / float64(goroutines),
		}
		close(over)
	}
}

func init() {
	rows["ticker"] = ticker
	rows["parked/10k"] = parked(10_000)
	rows["parked/100k"] = parked(100_000)
	rows["parked/1M"] = parked(1_000_000)
}
