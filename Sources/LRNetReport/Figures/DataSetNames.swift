internal import Foundation
internal import LRNetSupport
internal import LRNetTraining

/// The information about the data set in a run's files.
package struct DataSetTrace: Sendable, Equatable {
    /// The last component of the data set's folder.
    package var name: String?
    package var fingerprint: String?

    package init(name: String?, fingerprint: String?) {
        self.name = name
        self.fingerprint = fingerprint
    }

    /// Reads a run's files.
    init(folder: String, winner: SafeTensors?, run: RunMetrics.Run?) {
        fingerprint = run?.dataFingerprint ?? winner?.metadata["data"]
        if let path = run?.data {
            name = path.split(separator: "/").last.map(String.init)
            return
        }
        // Earlier versions name the data set only in the log.
        let bytes = (try? FileBytes.read("\(folder)/train.log")) ?? []
        // The first line that a start or a resume writes:
        // `..., 2 ranks of 1 thread, data/mnist: 55,000 images, 50 steps of 256, ...`
        let title = /threads?, (?<folder>.+): [0-9,]+ images, [0-9,]+ steps of [0-9]/
        let lines = String(decoding: bytes, as: UTF8.self).split(
            whereSeparator: \.isNewline)
        let match = lines.lazy.compactMap { $0.firstMatch(of: title) }.first
        name = match.flatMap { $0.folder.split(separator: "/").last }.map(String.init)
    }
}

/// Names data sets so that equal names mean equal sets. The fingerprint identifies a set if it is
/// known.
enum DataSetNames {
    /// Returns a name for each trace; `nil` if neither name nor fingerprint is known.
    static func make(_ traces: [DataSetTrace]) -> [String?] {
        let keys = traces.map { key($0, among: traces) }
        var named: [(key: String, name: String)] = []
        for (key, trace) in zip(keys, traces) {
            guard let key, !named.contains(where: { $0.key == key }) else { continue }
            let names = zip(keys, traces).filter { $0.0 == key }.compactMap(\.1.name)
            named.append((key, names.first ?? "data set \(trace.fingerprint?.prefix(8) ?? "")"))
        }
        return keys.map { key in
            guard let key, let entry = named.first(where: { $0.key == key }) else { return nil }
            let isUnique = named.count { $0.name == entry.name } == 1
            let mark = key.hasPrefix(unknown) ? Substring(unknown) : key.prefix(8)
            return isUnique ? entry.name : "\(entry.name) (\(mark))"
        }
    }

    private static let unknown = "unknown"

    /// Returns the key that identifies a set: its fingerprint or, without one, the fingerprint of
    /// the only set with its name.
    private static func key(_ trace: DataSetTrace, among traces: [DataSetTrace]) -> String? {
        if let fingerprint = trace.fingerprint { return fingerprint }
        guard let name = trace.name else { return nil }
        let known = Set(traces.filter { $0.name == name }.compactMap(\.fingerprint))
        return known.count == 1 ? known.first : "\(unknown) \(name)"
    }
}

/// The runs of one data set. Errors are compared only within a group.
struct DataSetGroup {
    /// The data set's name; `nil` if the runs do not record it.
    var name: String?
    /// The runs and their positions in the report.
    var runs: [(number: Int, run: ReportRun)]

    /// Groups runs by data set, in the order of the first run of each group.
    static func split(_ runs: [ReportRun]) -> [DataSetGroup] {
        var groups: [DataSetGroup] = []
        for (number, run) in runs.enumerated() {
            if let place = groups.firstIndex(where: { $0.name == run.dataSet }) {
                groups[place].runs.append((number, run))
            } else {
                groups.append(DataSetGroup(name: run.dataSet, runs: [(number, run)]))
            }
        }
        return groups
    }

    /// Returns a panel's title, which includes the data set's name if a report has several sets.
    func title(_ title: String, of groups: [DataSetGroup]) -> String {
        groups.count > 1 ? "\(name ?? "unknown data"): \(title)" : title
    }
}
