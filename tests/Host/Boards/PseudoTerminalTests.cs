using System.Text;
using DePin.Contracts.Flashing;
using DePin.Host.Boards;
using DePin.Tests.Support;
using DePin.Tools.Flash;

namespace DePin.Tests.Host.Boards;

/// <summary>A line in this machine, and the tool's serial port at its other end.</summary>
public sealed class PseudoTerminalTests
{
    [Fact]
    public async Task Bytes_pass_both_ways_unchanged_whatever_they_are()
    {
        using var terminal = new PseudoTerminal();
        using SerialLine line = await SerialLine.OpenAsync(terminal.Path, TestContext.Current.CancellationToken);
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        line.Write(all);
        var received = new List<byte>();
        await Eventually.HoldsAsync(
            () =>
            {
                for (int next = terminal.Read(); next >= 0; next = terminal.Read())
                {
                    received.Add((byte)next);
                }

                return received.Count >= all.Length;
            },
            "the bytes arrive");
        Assert.Equal(all, received);
        terminal.Write(all);
        Assert.Equal(all, await ReadAsync(line, all.Length));
    }

    [Fact]
    public void A_line_that_nobody_reads_loses_bytes_and_holds_up_nobody()
    {
        using var terminal = new PseudoTerminal();
        for (int i = 0; i < 1000; i++)
        {
            terminal.Write(new byte[1000]);
        }

        Assert.Equal(-1, terminal.Read());
    }

    [Fact]
    public async Task A_second_program_cannot_take_the_same_port()
    {
        using var terminal = new PseudoTerminal();
        using SerialLine line = await SerialLine.OpenAsync(terminal.Path, TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<IOException>(() => SerialLine.OpenAsync(terminal.Path, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_is_no_serial_port_is_said_to_be_none()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("file"), "text", TestContext.Current.CancellationToken);
        IOException problem = await Assert.ThrowsAsync<IOException>(() => SerialLine.OpenAsync(folder.File("file"), TestContext.Current.CancellationToken));
        Assert.Contains("stty could not set its mode", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_that_is_pulled_ends_what_waits_for_it()
    {
        var terminal = new PseudoTerminal();
        using SerialLine line = await SerialLine.OpenAsync(terminal.Path, TestContext.Current.CancellationToken);
        terminal.Dispose();
        await Assert.ThrowsAnyAsync<IOException>(async () => await line.Received.Completion.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        Assert.Equal(-1, terminal.Read());
    }

    [Fact]
    public async Task An_answer_is_found_among_a_boards_log_lines_and_one_to_somebody_elses_question_is_dropped()
    {
        using var terminal = new PseudoTerminal();
        using BoardConversation board = await BoardConversation.OpenAsync(terminal.Path, TestContext.Current.CancellationToken);
        Task<BoardHello?> asking = board.HelloAsync(TimeSpan.FromSeconds(10), null, TestContext.Current.CancellationToken);
        var lines = new FlashLineReader();
        FlashRequest? asked = null;
        await Eventually.HoldsAsync(
            () =>
            {
                for (int next = terminal.Read(); next >= 0; next = terminal.Read())
                {
                    asked = lines.Take((byte)next) is { } message ? FlashRequest.Decode(message, out _) : asked;
                }

                return asked is not null;
            },
            "the board is asked");
        terminal.Write(Encoding.ASCII.GetBytes("Wi-Fi: searching DEPIN1 not\r\nrst:0x1 "));
        terminal.Write(FlashLine.Encode(new FlashAnswer(17, asked!.Id + 77) { Hello = new BoardHello { Chip = "other", Serial = "1" } }.Encode()));
        terminal.Write(FlashLine.Encode(new FlashAnswer(17, asked.Id) { Hello = new BoardHello { Chip = "ours", Serial = "2" } }.Encode()));
        Assert.Equal("ours", (await asking)!.Chip);
    }

    private static async Task<byte[]> ReadAsync(SerialLine line, int count)
    {
        var received = new List<byte>();
        while (received.Count < count)
        {
            received.AddRange(await line.Received.ReadAsync(TestContext.Current.CancellationToken));
        }

        return [.. received];
    }
}
