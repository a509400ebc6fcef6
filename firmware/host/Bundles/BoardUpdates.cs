#pragma warning disable IDE0161 // C# 9, as everything that a bundle is made of.
using DePin.Node;
using DePin.Node.Outbox;
using DePin.Node.Update;

namespace DePin.Host.Bundles
{
    /// <summary>What updates need of a virtual board; C# 9, compiled into every bundle.</summary>
    internal sealed class BoardUpdates : IUpdateBoard
    {
        private readonly IVirtualBoard _board;

        public BoardUpdates(IVirtualBoard board)
        {
            _board = board;
            Slots = new BoardFlash(board, true);
        }

        public IFlash Slots { get; }

        public string Product { get { return _board.Product; } }

        public int Loader { get { return _board.Loader; } }

        public bool HasRoomForBundles { get { return _board.HasRoomForBundles; } }

        public int SlotBytes { get { return Limits.SlotBytes; } }

        public int DuskMicrowatts { get { return _board.DuskMicrowatts; } }

        public byte[][] ReleaseKeys { get { return _board.ReleaseKeys; } }

        public byte[][] RootKeys { get { return _board.RootKeys; } }

        public void Restart()
        {
            _board.Restart();
        }
    }
}
