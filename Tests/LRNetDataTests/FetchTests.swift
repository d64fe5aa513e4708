import Foundation
import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import Testing

/// Downloads from a local server, which misbehaves in the ways that `Golden/serve.py` describes.
@Suite(.enabled(if: Python.isInstalled, "python3 is not here")) struct FetchTests {
    /// A server with the four compressed IDX files of a small random data set.
    final class Site {
        let folder: TestFolder
        let address: String
        private let server: Launch

        init() throws {
            folder = try TestFolder()
            try AtomicFile.createFolder("\(folder.path)/site")
            var fixture = IDXFixture(train: 400, test: 50)
            for name in fixture.files.keys { fixture.files[name]?.isCompressed = true }
            let source = try TestFolder()
            _ = try fixture.write(to: source)
            for name in source.names {
                try AtomicFile.write(
                    FileBytes.read("\(source.path)/\(name)"), to: "\(folder.path)/site/\(name).gz")
            }
            let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("Golden/serve.py").path
            let port = "\(folder.path)/port"
            server = try Launch(
                Python.path, [script, "\(folder.path)/site", port, "\(folder.path)/log"])
            try #require(server.waits { FileBytes.exists(port) })
            address =
                "http://127.0.0.1:"
                + String(decoding: try FileBytes.read(port), as: UTF8.self)
        }

        deinit {
            server.signal(SIGTERM)
            _ = try? server.wait()
        }

        /// The requests that the server received.
        var requests: [String] {
            let bytes = (try? FileBytes.read("\(folder.path)/log")) ?? []
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        }

        static let names = ["train-images", "train-labels", "test-images", "test-labels"]

        func set(_ modes: [String], isHashOfContent: Bool = false) throws -> PublishedDataSet {
            PublishedDataSet(
                name: "small",
                files: try Self.names.map { name in
                    let path = "\(folder.path)/site/\(name).gz"
                    let bytes = try FileBytes.read(path)
                    var sha256 = ContentHash.of(bytes)
                    if isHashOfContent {
                        let plain = "\(folder.path)/\(name)"
                        try AtomicFile.write(bytes, to: "\(plain).gz")
                        _ = try launch("/bin/gzip", ["-d", "\(plain).gz"])
                        sha256 = try ContentHash.of(fileAt: plain)
                        try AtomicFile.remove(plain)
                    }
                    return PublishedDataSet.File(
                        name: "\(name).gz", sha256: sha256, isHashOfContent: isHashOfContent,
                        byteCount: bytes.count)
                },
                mirrors: modes.map { "\(address)/\($0)" }, importer: .idx)
        }

        var output: String { "\(folder.path)/set" }

        func fetch(_ set: PublishedDataSet, mirror: String? = nil) throws -> ShardIndex {
            try set.fetch(output: output, mirror: mirror, validation: 30)
        }
    }

    private func check(_ site: Site) throws {
        let all = try readAll(site.output)
        let fixture = IDXFixture(train: 400, test: 50)
        #expect(all[0] == fixture.train[30..<400])
        #expect(all[2] == fixture.test)
        #expect(!FileBytes.exists("\(site.output).download"))
    }

    @Test(.timeLimit(.minutes(1)), arguments: [false, true])
    func `a fetch requests each file once and imports the set`(isHashOfContent: Bool) throws {
        let site = try Site()
        _ = try site.fetch(site.set(["good"], isHashOfContent: isHashOfContent))
        try check(site)
        #expect(site.requests == Site.names.map { "good \($0).gz -" })
    }

    @Test(.timeLimit(.minutes(1)))
    func `corrupt downloads are rejected and the next mirror is tried`() throws {
        let site = try Site()
        let error = #expect(throws: Failure.self) {
            _ = try site.fetch(site.set(["corrupt"]))
        }
        #expect(error?.exitStatus == .badData)
        let line = error?.description ?? "-"
        #expect(
            line.hasPrefix("fetch: train-images.gz: no address provides the file with SHA-256 "))
        #expect(line.contains("...: \(site.address)/corrupt/"))
        #expect(!line.contains("\n"))
        #expect(!FileBytes.exists(site.output))
        #expect(!FileBytes.exists("\(site.output).download/train-images.gz"))
        // The set is downloaded from the next mirror.
        _ = try site.fetch(site.set(["missing", "corrupt", "good"]))
        try check(site)
    }

    @Test(.timeLimit(.minutes(1)))
    func `interrupted downloads resume where they stopped`() throws {
        let site = try Site()
        _ = try site.fetch(site.set(["broken"]))
        try check(site)
        let size = try FileBytes.byteCount(ofFileAt: "\(site.folder.path)/site/train-images.gz")
        let first = size / 2
        #expect(
            Array(site.requests.prefix(3)) == [
                "broken train-images.gz -", "broken train-images.gz bytes=\(first)-",
                "broken train-images.gz bytes=\(first + (size - first) / 2)-",
            ])
        #expect(site.requests.count == 12)
    }

    /// This is also true if the server ignores ranges.
    @Test(.timeLimit(.minutes(1)), arguments: ["good", "plain"], ["start", "other", "long"])
    func `a partial file is resumed, or downloaded again if it does not match`(
        mode: String, kind: String
    ) throws {
        let site = try Site()
        let bytes = try FileBytes.read("\(site.folder.path)/site/train-images.gz")
        let part = "\(site.output).download/train-images.gz.part"
        try AtomicFile.createFolder("\(site.output).download")
        try AtomicFile.write(
            kind == "start"
                ? Array(bytes[0..<1000])
                : [UInt8](repeating: 5, count: kind == "other" ? 1000 : bytes.count + 10),
            to: part)
        _ = try site.fetch(site.set([mode]))
        try check(site)
        let requests = site.requests.filter { $0.contains("train-images") }
        #expect(requests.count == (mode == "good" && kind == "start" ? 1 : 2))
    }

    @Test(.timeLimit(.minutes(1)))
    func `failed downloads are reported with their cause`() throws {
        let site = try Site()
        func line(_ modes: [String], mirror: String? = nil) throws -> String {
            let error = #expect(throws: Failure.self) {
                _ = try site.fetch(site.set(modes), mirror: mirror)
            }
            #expect(error?.exitStatus == .inputOutput)
            return error?.description ?? "-"
        }
        #expect(try line(["missing"]).contains("The requested URL returned error: 404"))
        #expect(try line(["endless"]).contains("more than "))
        #expect(try line(["cut"]).contains("curl: (18)"))
        #expect(try line([], mirror: "http://127.0.0.1:9/x").contains("curl: (7)"))
        // A download that never began leaves only its lock.
        #expect(
            TestFolder.names(in: "\(site.output).download").allSatisfy { $0 != "train-images.gz" })
    }

    @Test func `published data sets have HTTPS mirrors and SHA-256 hashes`() {
        for set in PublishedDataSet.all {
            #expect(!set.mirrors.isEmpty)
            for mirror in set.mirrors { #expect(mirror.hasPrefix("https://")) }
            for file in set.files {
                #expect(file.sha256.count == 64)
                #expect(file.byteCount > 1000)
            }
        }
        #expect(PublishedDataSet.mnist.files.count == 4)
    }

    /// The local server has the real files.
    @Test(
        .enabled(if: MNISTTests.folder != nil, "MNIST is not here; set LRNET_TEST_DATA"),
        .timeLimit(.minutes(2)))
    func `lrnet-data fetches MNIST from a mirror that breaks connections`() throws {
        let site = try Site()
        let source = try #require(MNISTTests.folder)
        for file in PublishedDataSet.mnist.files {
            try AtomicFile.write(
                FileBytes.read("\(source)/\(file.name)"),
                to: "\(site.folder.path)/site/\(file.name)")
        }
        let result = try launch(
            Launch.program("lrnet-data"),
            ["fetch", "mnist", "--mirror", "\(site.address)/broken/", "--output", site.output])
        #expect(result.code == 0, "\(result.error)")
        #expect(
            result.output.hasSuffix(
                """
                fingerprint 65a1288d6784f15ae786b8d331faba3df37805ba9bdcb2191d0ecf90ee44bb60
                validation: the first 5,000 of 60,000 training images; use --validation N to hold \
                out another number

                """))
    }
}
