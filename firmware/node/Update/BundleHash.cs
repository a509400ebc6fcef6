using DePin.Node.Outbox;
using DePin.Node.Signing;

namespace DePin.Node.Update
{
    /// <summary>Hashes what is in a slot, in steps of six blocks of SHA-256; a segment of 4 KB is in memory at a time.</summary>
    public sealed class BundleHash
    {
        private const int HashedPerStep = 6 * Sha256.BlockSize;
        private readonly IFlash _slots;
        private readonly Sha256 _hash = new Sha256();
        private readonly int _slot;
        private readonly int _bundleBytes;
        private byte[] _segment = new byte[0];
        private int _number;
        private int _at;

        /// <param name="slots">Where the segments are.</param>
        /// <param name="slot">1 or 2.</param>
        /// <param name="bundleBytes">Bytes of the bundle.</param>
        public BundleHash(IFlash slots, int slot, int bundleBytes)
        {
            _slots = slots;
            _slot = slot;
            _bundleBytes = bundleBytes;
        }

        /// <summary>The hash; zeros where a segment is not whole. Meaningful when <see cref="Step"/> answered true.</summary>
        public byte[] Result { get; private set; } = new byte[Sha256.Size];

        /// <summary>One piece of work; true when the hash is there.</summary>
        public bool Step()
        {
            if (_at < _segment.Length)
            {
                int left = _segment.Length - _at;
                int part = left < HashedPerStep ? left : HashedPerStep;
                _hash.Update(_segment, _at, part);
                _at += part;
                return false;
            }

            if (_number == SlotFiles.Count(_bundleBytes))
            {
                Result = _hash.Finish();
                return true;
            }

            byte[]? segment = _slots.Read(SlotFiles.Name(_slot, _number));
            if (segment == null || segment.Length != SlotFiles.LengthOf(_number, _bundleBytes))
            {
                return true;
            }

            _segment = segment;
            _at = 0;
            _number++;
            return false;
        }
    }
}
