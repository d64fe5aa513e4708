internal import Foundation

/// Returns the processes of a launch by rank. A process without a launcher has rank 0.
///
/// - Parameters:
///   - program: The name of the program.
///   - argument: An argument that no other launch has, such as the path of the output.
package func rankProcesses(of program: String, with argument: String) -> [Int: Int32] {
    var found: [Int: Int32] = [:]
    for name in TestFolder.names(in: "/proc") {
        guard let process = Int32(name), let line = words("/proc/\(name)/cmdline"),
            line.first?.hasSuffix("/\(program)") == true, line.contains(argument)
        else { continue }
        let prefix = "\(RankLauncher.current.rankVariable)="
        let variable = words("/proc/\(name)/environ")?.first { $0.hasPrefix(prefix) }
        found[variable.flatMap { Int($0.dropFirst(prefix.count)) } ?? 0] = process
    }
    return found
}

/// Returns the shell that started a process, or `nil` if its parent is another program.
package func shell(of process: Int32) -> Int32? {
    let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    let line = status?.split(separator: "\n").first { $0.hasPrefix("PPid:") }
    let parent = line.flatMap { Int32($0.dropFirst(5).trimmingCharacters(in: .whitespaces)) }
    return parent.flatMap { words("/proc/\($0)/cmdline")?.first == "/bin/sh" ? $0 : nil }
}

/// Returns the words of a file in `/proc`, each of which ends with a zero byte.
private func words(_ path: String) -> [String]? {
    guard let bytes = try? FileHandle(forReadingAtPath: path)?.readToEnd() else { return nil }
    return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
}
