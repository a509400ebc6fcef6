using System;
using DePin.Contracts.Updates;
using DePin.Node.Outbox;
using DePin.Node.Uplink;

namespace DePin.Node.Update
{
    /// <summary>
    /// Fetches the blocks of a bundle: up to two segments are asked for at a time, and a segment goes to flash as soon as its
    /// blocks are there, so a power cut costs at most the blocks of two. What is missing after ten seconds is asked for again,
    /// five times with growing, random pauses, then in the next session. Blocks come in any order and as often as they like.
    /// </summary>
    public sealed class Download
    {
        private const int BlocksPerSegment = SlotFiles.SegmentBytes / UpdateLimits.BlockBytes;
        private readonly IFlash _slots;
        private readonly IEntropy _entropy;
        private readonly int _slot;
        private readonly int _bundleBytes;
        private readonly bool[] _isWritten;
        private readonly byte[]?[] _window = new byte[UpdateLimits.BlocksPerRequest][];
        private int _firstSegment;
        private int _askedEnd;
        private int _tries;
        private bool _isAsked;
        private bool _rests;
        private long _due;

        /// <summary>Goes on with what is on flash.</summary>
        /// <param name="slots">Where the segments go.</param>
        /// <param name="entropy">Jitter.</param>
        /// <param name="slot">1 or 2.</param>
        /// <param name="bundleBytes">Bytes of the bundle.</param>
        public Download(IFlash slots, IEntropy entropy, int slot, int bundleBytes)
        {
            _slots = slots;
            _entropy = entropy;
            _slot = slot;
            _bundleBytes = bundleBytes;
            _isWritten = new bool[SlotFiles.Count(bundleBytes)];
            for (int i = 0; i < _isWritten.Length; i++)
            {
                byte[]? segment = slots.Read(SlotFiles.Name(slot, i));
                _isWritten[i] = segment != null && segment.Length == SlotFiles.LengthOf(i, bundleBytes);
            }

            Open();
        }

        /// <summary>Blocks on flash.</summary>
        public int BlocksHeld
        {
            get
            {
                int held = 0;
                for (int i = 0; i < _isWritten.Length; i++)
                {
                    held += _isWritten[i] ? UpdateLimits.BlocksOf(SlotFiles.LengthOf(i, _bundleBytes)) : 0;
                }

                return held;
            }
        }

        /// <summary>Whether all of it is on flash.</summary>
        public bool IsComplete { get { return _firstSegment >= _isWritten.Length; } }

        /// <summary>Whether it waits for the next session, or for the time that the backend named.</summary>
        public bool Rests { get { return _rests; } }

        /// <summary>A login began: it is asked for anew.</summary>
        public void LinkBegan()
        {
            _tries = 0;
            _isAsked = false;
            _rests = false;
            _due = 0;
        }

        /// <summary>The backend has no time: later.</summary>
        public void Busy(int seconds, long linkMilliseconds)
        {
            // Spread over a quarter more, so that those who were sent away do not come back all at once.
            _isAsked = false;
            _due = linkMilliseconds + seconds * 1000L + Jitter(seconds * 250L);
        }

        /// <summary>A block came; one of the wrong length, of elsewhere, or that is there already changes nothing.</summary>
        public void Take(UpdateBlock block)
        {
            int at = block.Index - _firstSegment * BlocksPerSegment;
            if (at < 0 || at >= WindowBlocks() || block.Bytes.Length != UpdateLimits.BytesOfBlock(_bundleBytes, block.Index))
            {
                return;
            }

            if (!IsMissing(at))
            {
                return;
            }

            _window[at] = block.Bytes;
            _tries = 0;
            Write(at / BlocksPerSegment);
            if (_isAsked && !IsExpected())
            {
                _isAsked = false;
                _due = 0;
            }
        }

        /// <summary>What to ask for now: the number of the first block, or -1; then <paramref name="count"/> tells how many.</summary>
        public int Ask(long linkMilliseconds, out int count)
        {
            count = 0;
            if (IsComplete || _rests || linkMilliseconds < _due)
            {
                return -1;
            }

            if (_isAsked)
            {
                // Nothing, or not all of it, came in time.
                _isAsked = false;
                _tries++;
                if (_tries > Limits.BlockTries)
                {
                    _rests = true;
                    return -1;
                }

                _due = linkMilliseconds + Jitter((long)Limits.BlockWaitMilliseconds << _tries);
                if (linkMilliseconds < _due)
                {
                    return -1;
                }
            }

            // Only what is missing in one piece: what came between would come again, and every byte is paid for.
            int first = 0;
            while (!IsMissing(first))
            {
                first++;
            }

            int end = first + 1;
            while (end < WindowBlocks() && IsMissing(end))
            {
                end++;
            }

            _isAsked = true;
            _due = linkMilliseconds + Limits.BlockWaitMilliseconds;
            count = end - first;
            first += _firstSegment * BlocksPerSegment;
            _askedEnd = first + count;
            return first;
        }

        private int WindowBlocks()
        {
            int left = UpdateLimits.BlocksOf(_bundleBytes) - _firstSegment * BlocksPerSegment;
            return left < UpdateLimits.BlocksPerRequest ? left : UpdateLimits.BlocksPerRequest;
        }

        private void Write(int inWindow)
        {
            int segment = _firstSegment + inWindow;
            if (_isWritten[segment])
            {
                return;
            }

            int length = SlotFiles.LengthOf(segment, _bundleBytes);
            for (int i = 0; i < UpdateLimits.BlocksOf(length); i++)
            {
                if (_window[inWindow * BlocksPerSegment + i] == null)
                {
                    return;
                }
            }

            byte[] content = new byte[length];
            for (int i = 0; i < UpdateLimits.BlocksOf(length); i++)
            {
                byte[] block = _window[inWindow * BlocksPerSegment + i]!;
                Array.Copy(block, 0, content, i * UpdateLimits.BlockBytes, block.Length);
            }

            _slots.Write(SlotFiles.Name(_slot, segment), content);
            _isWritten[segment] = true;
            Open();
        }

        // The window begins at the first segment that is not on flash; what was in it goes where all of it is written.
        private void Open()
        {
            int before = _firstSegment;
            while (_firstSegment < _isWritten.Length && _isWritten[_firstSegment])
            {
                _firstSegment++;
            }

            int moved = (_firstSegment - before) * BlocksPerSegment;
            for (int i = 0; moved > 0 && i < _window.Length; i++)
            {
                _window[i] = i + moved < _window.Length ? _window[i + moved] : null;
            }
        }

        private bool IsMissing(int inWindow)
        {
            return _window[inWindow] == null && !_isWritten[_firstSegment + inWindow / BlocksPerSegment];
        }

        // Whether something that was asked for has not come.
        private bool IsExpected()
        {
            for (int i = 0; i < WindowBlocks() && _firstSegment * BlocksPerSegment + i < _askedEnd; i++)
            {
                if (IsMissing(i))
                {
                    return true;
                }
            }

            return false;
        }

        private long Jitter(long most)
        {
            byte[] random = new byte[4];
            _entropy.Fill(random);
            return (uint)Bytes.GetNumber(random, 0, random.Length) % (most + 1);
        }
    }
}
