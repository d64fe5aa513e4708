import LRNetData
import LRNetKernels
import LRNetSupport
import Testing

@Suite struct ShardIndexTests {
    /// An index that the program wrote in version 1 of the format.
    static let versionOne = #"""
        {"checksum": "d86ab8ca5d1ca186fa6e92efbcdb547c3311272afa993d4733286a79b1bfa7be",
        "classes": 10, "deviation": [0.20026614427585188],
        "fingerprint": "4615b4380a7dd1b32640cfc340f5dbe5120476ba719041d6cf4f6aa04f8623f2",
        "mean": [0.08494606175803654], "name": "v1", "schemaVersion": 1,
        "shape": {"channels": 1, "height": 28, "width": 28}, "splits": [
        {"count": 12, "name": "train",
        "samplesSHA256": "93331aada15111aa197fa4b5ee5fbca012272c129eef6dbc2f5859edba8e34cc",
        "shards": [{"byteCount": 6784, "count": 6, "file": "train-00000.h5",
        "sha256": "42f5fcd6d85d35dc3b7f9d4e71b007939e55d3a19c795ed569bfe0e536c937cb"},
        {"byteCount": 6784, "count": 6, "file": "train-00001.h5",
        "sha256": "c17a1bdbfd55347db2adc5361ae053d7fb7a1b24ed4a096088a9d853b06703bf"}]},
        {"count": 3, "name": "validation",
        "samplesSHA256": "a689a5070149b5bfa491b93f2f4bceffd01fe9a649bb57444d8bbfca99b03d42",
        "shards": [{"byteCount": 4420, "count": 3, "file": "validation-00000.h5",
        "sha256": "d33147bff75427c8b85d40f542cf9f1b57d2f7cb913d851bb6e92f141055c31b"}]},
        {"count": 5, "name": "test",
        "samplesSHA256": "68cb7dd56047b76977559faea5362743d9abd1d3dd24fa88e259fd9c09522bb4",
        "shards": [{"byteCount": 5996, "count": 5, "file": "test-00000.h5",
        "sha256": "e24079003468b0870c8f32d81a05f64a2209c93e483bc8447357753e248f5c47"}]}]}
        """#

    @Test func `an index of version 1 can still be read`() throws {
        let index = try ShardIndex(decoding: Array("\(Self.versionOne)\n".utf8), path: "index.json")
        #expect(index.encoding == .raw)
        #expect(index.classNames == nil)
        #expect(index.className(7) == "7")
        #expect(index[.train]?.count == 12)
        // The same samples have the same fingerprint in the current version.
        let today = ShardIndex(
            name: "v1", shape: index.shape, classes: 10, mean: index.mean,
            deviation: index.deviation, splits: index.splits)
        #expect(today.schemaVersion == 2)
        #expect(today.fingerprint == index.fingerprint)
        #expect(today.checksum != index.checksum)
    }

    @Test func `a changed encoding or class name makes the index invalid`() throws {
        func index(_ encoding: ImageEncoding, _ names: [String]?) -> ShardIndex {
            ShardIndex(
                name: "n", encoding: encoding, shape: ImageShape(height: 2, width: 3, channels: 1),
                classes: 2, classNames: names, mean: [0], deviation: [1], splits: [])
        }
        let good = index(.encoded, ["cat", "dog"])
        #expect(try ShardIndex(decoding: good.encoded(), path: "p") == good)
        #expect(index(.raw, nil).fingerprint != good.fingerprint)
        #expect(index(.encoded, nil).fingerprint == good.fingerprint)
        let text = String(decoding: try good.encoded(), as: UTF8.self)
        for (old, new) in [
            ("\"encoded\"", "\"raw\""), ("cat", "cow"), ("\"encoding\"", "\"encodinh\""),
            ("\"classNames\"", "\"classNamet\""),
        ] {
            let changed = text.replacing(old, with: new)
            #expect(changed != text)
            #expect(throws: Failure.self, "\(new)") {
                _ = try ShardIndex(decoding: Array(changed.utf8), path: "p")
            }
        }
        let three = index(.raw, ["a", "b", "c"])
        let error = #expect(throws: Failure.self) {
            _ = try ShardIndex(decoding: three.encoded(), path: "p")
        }
        #expect(error?.message == "3 class names for 2 classes")
    }
}
