using DePin.Contracts.Metering;
using DePin.Fleet.Ingest;
using DePin.Fleet.Nodes;
using DePin.Tests.Support;

namespace DePin.Tests.Ingest;

/// <summary>One node's chain in memory, which a login reads while a group works on it.</summary>
public sealed class NodeChainTests : IDisposable
{
    private readonly TestNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public void What_a_login_learns_while_a_group_drafts_is_not_what_the_draft_moves_the_chain_from()
    {
        var node = new RegisteredNode { RowId = 1, Id = _node.Id, IdText = _node.Id.ToString(), PublicKey = [], PasswordHash = [], DownKey = [], Profile = 1 };
        var chain = new NodeChain(node, ChainState.Empty, reserved: 0, isStored: true);
        chain.BeginDraft();
        chain.Learn(new BatchStore.ChainRow { NodeId = node.IdText, Head = new byte[Batch.HashSize], Next = 25 });
        Assert.Equal((25L, 1L, false), (chain.Committed.Next, chain.DraftFrom!.Next, chain.IsMoved));
        chain.Draft = chain.Draft! with { Next = 13 };
        Assert.Equal((1L, true), (chain.DraftFrom!.Next, chain.IsMoved));
    }
}
