internal import Foundation
internal import LRNetSupport

/// A TCP socket over IPv4 that never blocks its caller, closed with the object.
///
/// IPv4 alone, as in Open MPI's own TCP transport. Marked `@unchecked Sendable` because the one that
/// listens is made by the thread that works and handed to the watchdog's, which alone uses it then.
package final class HeartbeatSocket: @unchecked Sendable {
    package let number: Int32
    private var outbox: [UInt8] = []
    /// What has arrived and was not taken yet.
    package var inbox: [UInt8] = []

    /// Bytes that wait for a peer, at most; a stopped peer misses the beats beyond.
    private static let outboxLimit = 1 << 14
    /// Bytes that wait here, at most; the rest waits for the next call.
    private static let inboxLimit = 1 << 16

    private init(_ number: Int32) { self.number = number }

    deinit { close(number) }

    private static func make() throws -> HeartbeatSocket {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard number >= 0 else {
            throw Failure.system(call: "socket", subject: "watchdog", code: errno)
        }
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        _ = fcntl(number, F_SETFL, O_NONBLOCK)
        return HeartbeatSocket(number)
    }

    /// Listens on any address and a free port.
    package static func listening() throws -> HeartbeatSocket {
        let result = try make()
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        let bound = withSockaddr(&address) { bind(result.number, $0, $1) }
        guard bound == 0, listen(result.number, SOMAXCONN) == 0 else {
            throw Failure.system(call: "listen", subject: "watchdog", code: errno)
        }
        return result
    }

    /// The port that it is bound to.
    package var port: UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = Self.withSockaddr(&address) { pointer, _ in getsockname(number, pointer, &length) }
        return UInt16(bigEndian: address.sin_port)
    }

    /// The next connection that waits, if any.
    package func accepted() -> HeartbeatSocket? {
        let other = accept(number, nil, nil)
        guard other >= 0 else { return nil }
        _ = fcntl(other, F_SETFD, FD_CLOEXEC)
        _ = fcntl(other, F_SETFL, O_NONBLOCK)
        return HeartbeatSocket(other)
    }

    /// Connects to an address within `patience`.
    ///
    /// - Parameter address: Four numbers with dots.
    /// - Throws: `Failure` that names address and port.
    package static func connected(to address: String, port: UInt16, patience: Duration) throws
        -> HeartbeatSocket
    {
        let result = try make()
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = port.bigEndian
        guard inet_pton(AF_INET, address, &target.sin_addr) == 1 else {
            throw Failure.system(call: "connect", subject: "\(address):\(port)", code: EINVAL)
        }
        if withSockaddr(&target, { connect(result.number, $0, $1) }) != 0 {
            guard errno == EINPROGRESS else {
                throw Failure.system(call: "connect", subject: "\(address):\(port)", code: errno)
            }
            var one = pollfd(fd: result.number, events: Int16(POLLOUT), revents: 0)
            guard poll(&one, 1, patience.milliseconds) == 1 else {
                throw Failure.system(
                    call: "connect", subject: "\(address):\(port)", code: ETIMEDOUT)
            }
            var code: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(result.number, SOL_SOCKET, SO_ERROR, &code, &length)
            guard code == 0 else {
                throw Failure.system(call: "connect", subject: "\(address):\(port)", code: code)
            }
        }
        return result
    }

    private static func withSockaddr<Result>(
        _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// Sends a message, or as much as the peer takes now; the rest follows with the next one.
    package func send(_ message: Heartbeat) {
        if outbox.count < Self.outboxLimit { outbox += message.encoded }
        while !outbox.isEmpty {
            let sent = outbox.withUnsafeBytes {
                Foundation.send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return }
            outbox.removeFirst(sent)
        }
    }

    /// Moves what has arrived to the inbox.
    ///
    /// - Returns: Whether the connection is still there.
    package func receive() -> Bool {
        var piece = [UInt8](repeating: 0, count: 4096)
        while inbox.count < Self.inboxLimit {
            let got = recv(number, &piece, piece.count, 0)
            if got > 0 {
                inbox += piece[..<got]
            } else {
                return got < 0 && [EAGAIN, EWOULDBLOCK, EINTR].contains(errno)
            }
        }
        return true
    }

    /// Waits until one of the descriptors can be read, or the time is up.
    package static func wait(for numbers: [Int32], atMost patience: Duration) {
        var all = numbers.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        _ = poll(&all, nfds_t(all.count), patience.milliseconds)
    }

    /// The IPv4 addresses of this machine that others can reach.
    package static func ownAddresses() -> [String] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        var addresses: [String] = []
        for entry in sequence(first: first, next: { $0?.pointee.ifa_next }) {
            guard let entry, let address = entry.pointee.ifa_addr,
                address.pointee.sa_family == sa_family_t(AF_INET),
                entry.pointee.ifa_flags & UInt32(IFF_LOOPBACK) == 0
            else { continue }
            if let text = text(of: address) { addresses.append(text) }
        }
        return addresses
    }

    /// The IPv4 addresses that a host name stands for.
    package static func addresses(of host: String) -> [String] {
        var hints = addrinfo()
        hints.ai_family = AF_INET
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &first) == 0 else { return [] }
        defer { freeaddrinfo(first) }
        return sequence(first: first, next: { $0?.pointee.ai_next }).compactMap { entry in
            entry?.pointee.ai_addr.flatMap { text(of: $0) }
        }
    }

    private static func text(of address: UnsafeMutablePointer<sockaddr>) -> String? {
        var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let code = getnameinfo(
            address, socklen_t(MemoryLayout<sockaddr_in>.size), &name, socklen_t(name.count), nil,
            0, NI_NUMERICHOST)
        return code == 0
            ? String(decoding: name.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self) : nil
    }
}

extension Duration {
    /// Whole milliseconds, at least one, for `poll`.
    var milliseconds: Int32 { Int32(min(max(seconds * 1000, 1), 1e9)) }
}
