internal import Foundation
internal import LRNetSupport

/// A non-blocking TCP socket over IPv4, which is closed when the object is deallocated.
///
/// It supports only IPv4, like Open MPI's TCP transport. It is marked `@unchecked Sendable` because
/// the worker thread creates the listening socket and passes it to the watchdog's thread, which is
/// then its only user.
package final class HeartbeatSocket: @unchecked Sendable {
    package let number: Int32
    private var outbox: [UInt8] = []
    /// Bytes that have arrived and were not consumed yet.
    package var inbox: [UInt8] = []

    /// The maximum number of bytes queued for a peer. Further messages to a stopped peer are
    /// dropped.
    private static let outboxLimit = 1 << 14
    /// The number of received bytes at which ``receive()`` returns; the rest is left for the next
    /// call.
    private static let inboxLimit = 1 << 16

    private init(_ number: Int32) { self.number = number }

    deinit { close(number) }

    private static func create() throws -> HeartbeatSocket {
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
        let result = try create()
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        let bound = withSockaddr(&address) { bind(result.number, $0, $1) }
        guard bound == 0, listen(result.number, SOMAXCONN) == 0 else {
            throw Failure.system(call: "listen", subject: "watchdog", code: errno)
        }
        return result
    }

    /// The port that the socket is bound to.
    package var port: UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = Self.withSockaddr(&address) { pointer, _ in getsockname(number, pointer, &length) }
        return UInt16(bigEndian: address.sin_port)
    }

    /// Accepts the next pending connection, if any.
    package func accepted() -> HeartbeatSocket? {
        let other = accept(number, nil, nil)
        guard other >= 0 else { return nil }
        _ = fcntl(other, F_SETFD, FD_CLOEXEC)
        _ = fcntl(other, F_SETFL, O_NONBLOCK)
        return HeartbeatSocket(other)
    }

    /// Connects to an address within `patience`.
    ///
    /// - Parameter address: An IPv4 address in dotted-decimal notation.
    /// - Throws: `Failure` that names the address and the port.
    package static func connected(to address: String, port: UInt16, patience: Duration) throws
        -> HeartbeatSocket
    {
        let result = try create()
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

    /// Sends a message, or as much of it as the peer accepts now. The rest is sent with the next
    /// message.
    package func send(_ message: Heartbeat) { send(message.encoded) }

    /// Sends an encoded message like ``send(_:)-(Heartbeat)``.
    func send(_ message: [UInt8]) {
        if outbox.count < Self.outboxLimit { outbox += message }
        while !outbox.isEmpty {
            let sent = outbox.withUnsafeBytes {
                Foundation.send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return }
            outbox.removeFirst(sent)
        }
    }

    /// Moves received bytes to the inbox.
    ///
    /// - Parameter buffer: Scratch memory, which sockets can share; not empty.
    /// - Returns: True if the connection is still open.
    package func receive(through buffer: inout [UInt8]) -> Bool {
        while inbox.count < Self.inboxLimit {
            let count = recv(number, &buffer, buffer.count, 0)
            guard count > 0 else {
                return count < 0 && [EAGAIN, EWOULDBLOCK, EINTR].contains(errno)
            }
            inbox += buffer[..<count]
            // Nothing more has arrived. A call that confirms it would double the calls of rank 0.
            if count < buffer.count { return true }
        }
        return true
    }

    /// Creates the scratch memory for ``receive(through:)``.
    package static func makeBuffer() -> [UInt8] { [UInt8](repeating: 0, count: 4096) }

    /// Waits until one of the descriptors is readable, or until the time has elapsed.
    ///
    /// - Returns: For each descriptor, true if it is readable or its connection has ended.
    @discardableResult
    package static func wait(for numbers: [Int32], atMost patience: Duration) -> [Bool] {
        var all = numbers.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        guard poll(&all, nfds_t(all.count), patience.milliseconds) > 0 else {
            return Array(repeating: false, count: all.count)
        }
        return all.map { $0.revents != 0 }
    }

    /// Returns the IPv4 addresses of this machine, without loopback.
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

    /// Returns the IPv4 addresses of a host name.
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
    /// The duration in whole milliseconds, at least 1, for `poll`.
    var milliseconds: Int32 { Int32(min(max(seconds * 1000, 1), 1e9)) }
}
