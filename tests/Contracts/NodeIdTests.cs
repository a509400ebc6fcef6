using DePin.Contracts.Identity;
using FsCheck;
using FsCheck.Fluent;

namespace DePin.Tests.Contracts;

public sealed class NodeIdTests
{
    [Fact]
    public void What_is_written_is_read_back_whatever_the_bytes() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            NodeId id = NodeId.FromBytes([.. bytes, .. new byte[NodeId.Size]], 0);
            return NodeId.Parse(id.ToString())!.Equals(id) && NodeId.Parse(id.ToReadable().ToLowerInvariant())!.Equals(id);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Theory]
    [InlineData("O123456789ABCDEF", "0123456789ABCDEF")]
    [InlineData("oi23-4567 89ab-cdef", "0123456789ABCDEF")]
    [InlineData("0L23456789ABCDEF", "0123456789ABCDEF")]
    public void Look_alikes_case_and_separators_are_forgiven(string written, string meant) => Assert.Equal(meant, NodeId.Parse(written)!.ToString());

    [Theory]
    [InlineData("")]
    [InlineData("0123456789ABCDE")]
    [InlineData("0123456789ABCDEFG")]
    [InlineData("0123456789ABCDEU")]
    [InlineData("0123456789ABCDE\u00e9")]
    public void Anything_else_is_no_node_id(string written) => Assert.Null(NodeId.Parse(written));
}
