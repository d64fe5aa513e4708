import LRNetSupport
import LRNetWatchdog
import Testing

/// The progress beacon, the heartbeats and their sockets.
@Suite struct WatchdogPartsTests {
    @Test func `a beacon records phase, step, count and stop request`() {
        let beacon = ProgressBeacon()
        #expect(beacon.progress.phase == .starting && beacon.progress.step == 0)
        beacon.enter(.loading, step: 70_000)
        beacon.enter(.backward)
        #expect(beacon.progress.phase == .backward)
        #expect(beacon.progress.step == 70_000 && beacon.progress.count == 2)
        beacon.enter(.backward)
        #expect(beacon.progress.count == 3)
        #expect(!beacon.wasAskedToStop(secondsAgo: 0))
        beacon.noteStopAsked()
        #expect(beacon.wasAskedToStop(secondsAgo: 0))
        #expect(!beacon.wasAskedToStop(secondsAgo: 1000))
    }

    @Test func `reading a file counts as activity`() throws {
        let before = FileActivity.pieceCount
        _ = try FileBytes.read("/proc/self/exe")
        #expect(FileActivity.pieceCount > before)
    }

    static let beats = [
        Heartbeat(rank: 0, process: 1, token: 1),
        Heartbeat(
            kind: .failure, rank: 70_001, process: .max, token: .max,
            progress: Progress(
                phase: .finishing, step: 1 << 50, count: .max, activity: 0x0102_0304_0506_0708),
            text: "read: é: no"),
    ]

    @Test func `heartbeats are decoded from pieces of any size`() throws {
        let bytes = Self.beats.flatMap(\.encoded)
        for size in [1, 7, 48, 1000] {
            var arrived: [UInt8] = []
            var found: [Heartbeat] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                arrived += bytes[start..<min(start + size, bytes.count)]
                while let beat = try Heartbeat.take(from: &arrived) { found.append(beat) }
            }
            #expect(found == Self.beats)
            #expect(arrived.isEmpty)
        }
    }

    @Test func `the text of a heartbeat is cut to 1000 characters`() throws {
        var arrived = Heartbeat(
            kind: .failure, rank: 1, process: 1, token: 1, text: String(repeating: "x", count: 9999)
        ).encoded
        #expect(try Heartbeat.take(from: &arrived)?.text.count == 1000)
        #expect(arrived.isEmpty)
    }

    /// The first 48 bytes reveal a program that connects to the port by mistake.
    @Test(arguments: [0, 4, 5, 7])
    func `bytes that are not a heartbeat are refused`(position: Int) {
        var arrived = Self.beats[0].encoded
        arrived[position] = 0xFF
        #expect(throws: Failure.self) { _ = try Heartbeat.take(from: &arrived) }
        var web = Array("GET / HTTP/1.1\r\nHost: node7:1234\r\nAccept: */*\r\n\r\n".utf8)
        #expect(throws: Failure.self) { _ = try Heartbeat.take(from: &web) }
    }

    /// Over loopback and every address that is passed to other hosts.
    @Test func `heartbeats arrive over every address of the host`() throws {
        let listener = try HeartbeatSocket.listening()
        var buffer = HeartbeatSocket.makeBuffer()
        for address in ["127.0.0.1"] + HeartbeatSocket.ownAddresses() {
            let near = try HeartbeatSocket.connected(
                to: address, port: listener.port, patience: .seconds(5))
            HeartbeatSocket.wait(for: [listener.number], atMost: .seconds(5))
            let far = try #require(listener.accepted(), "\(address)")
            near.send(Self.beats[1])
            HeartbeatSocket.wait(for: [far.number], atMost: .seconds(5))
            var isOpen = far.receive(through: &buffer)
            #expect(isOpen)
            #expect(try Heartbeat.take(from: &far.inbox) == Self.beats[1])
            isOpen = far.receive(through: &buffer)
            #expect(isOpen, "nothing more, but open")
        }
        #expect(HeartbeatSocket.addresses(of: "localhost").contains("127.0.0.1"))
        let port = listener.port
        #expect(listener.accepted() == nil)
        #expect(throws: Failure.self) {
            _ = try HeartbeatSocket.connected(to: "no address", port: port, patience: .seconds(1))
        }
        #expect(throws: Failure.self) {
            _ = try HeartbeatSocket.connected(to: "127.0.0.1", port: 1, patience: .seconds(1))
        }
    }

    @Test func `the end of a connection is detected after its last heartbeat`() throws {
        let listener = try HeartbeatSocket.listening()
        var buffer = HeartbeatSocket.makeBuffer()
        var near: HeartbeatSocket? = try HeartbeatSocket.connected(
            to: "127.0.0.1", port: listener.port, patience: .seconds(5))
        HeartbeatSocket.wait(for: [listener.number], atMost: .seconds(5))
        let far = try #require(listener.accepted())
        near?.send(Self.beats[0])
        near = nil
        HeartbeatSocket.wait(for: [far.number], atMost: .seconds(5))
        var isOpen = true
        let end = ContinuousClock.now + .seconds(5)
        while isOpen && ContinuousClock.now < end { isOpen = far.receive(through: &buffer) }
        #expect(!isOpen)
        // Data sent before the end is still received.
        #expect(try Heartbeat.take(from: &far.inbox) == Self.beats[0])
        far.send(Self.beats[0])
    }
}
