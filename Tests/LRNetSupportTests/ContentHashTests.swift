import Foundation
import LRNetLaunchSupport
import LRNetSupport
import Testing

@Suite struct ContentHashTests {
    /// FIPS 180-4 examples.
    @Test func `hashes of known content equal the published ones`() {
        #expect(
            ContentHash.of("abc")
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            ContentHash.of([UInt8]())
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test(arguments: [0, 1, 4_095, 1 << 20, (1 << 20) + 1, 2_500_007])
    func `the hash of pieces or of a file equals that of all bytes`(count: Int) throws {
        let folder = try TestFolder()
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let path = "\(folder.path)/f"
        try AtomicFile.write(bytes, to: path)
        var hash = ContentHash()
        hash.update(bytes[..<(count / 3)])
        hash.update(bytes[(count / 3)...])
        #expect(hash.hex == ContentHash.of(bytes))
        #expect(try ContentHash.of(fileAt: path) == ContentHash.of(bytes))
    }

    @Test func `hashing a missing file fails with its path`() throws {
        let error = #expect(throws: Failure.self) {
            try ContentHash.of(fileAt: "/nowhere/file")
        }
        #expect(error?.exitStatus == .inputMissing)
        #expect(
            error?.description == "open: /nowhere/file: No such file or directory; check the path")
    }
}
