using DePin.Node.Moving;

namespace DePin.Tests.Node.Moving;

/// <summary>A phone on the node's own Wi-Fi gets its address.</summary>
public sealed class AddressLeaseTests
{
    private static readonly byte[] Mac = [2, 3, 4, 5, 6, 7];

    [Fact]
    public void A_phone_that_asks_is_offered_the_address_and_gets_it()
    {
        byte[] offer = Answer([53, 1, 1, 55, 3, 1, 3, 6, 255])!;
        Assert.Equal(2, Type(offer));
        Assert.Equal([192, 168, 4, 2], offer[16..20]);
        Assert.Equal([1, 2, 3, 4], offer[4..8]);
        Assert.Equal(Mac, offer[28..34]);
        Assert.Equal(2, offer[0]);
        Assert.Equal([54, 4, 192, 168, 4, 1, 51, 4, 0, 0, 2, 88, 1, 4, 255, 255, 255, 0, 255], offer[243..262]);
        byte[] given = Answer([50, 4, 192, 168, 4, 2, 53, 1, 3, 54, 4, 192, 168, 4, 1, 255])!;
        Assert.Equal((5, 2), (Type(given), given[19]));
        Assert.Equal(5, Type(Answer([53, 1, 3, 255], renews: true)!));
    }

    [Fact]
    public void An_address_of_another_network_is_refused_so_that_the_phone_asks_anew()
    {
        byte[] refused = Answer([53, 1, 3, 50, 4, 10, 0, 0, 7, 255])!;
        Assert.Equal(6, Type(refused));
        Assert.Equal(new byte[16], refused[12..28]);
        Assert.Equal(255, refused[249]);
    }

    [Fact]
    public void What_is_no_question_to_this_server_gets_no_answer()
    {
        Assert.Null(Answer([53, 1, 3, 50, 4, 192, 168, 4, 2, 54, 4, 10, 0, 0, 1, 255]));
        Assert.Null(Answer([53, 1, 7, 255]));
        Assert.Null(Answer([255]));
        Assert.Null(Answer([53, 200]));
        Assert.Null(AddressLease.Answer(new byte[300], 300));
        Assert.Null(AddressLease.Answer([], 0));
    }

    [Fact]
    public void No_message_throws()
    {
        var random = new Random(1);
        int answered = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] message = [.. Message([53, 1, (byte)random.Next(1, 4), 50, 4, 192, 168, 4, 2, 0, 0, 54, 4, 192, 168, 4, 1, 255], renews: false)];
            for (int change = random.Next(4); change > 0; change--)
            {
                message[random.Next(200) < 30 ? random.Next(message.Length) : 236 + random.Next(message.Length - 236)] = (byte)random.Next(256);
            }

            byte[]? answer = AddressLease.Answer(message, random.Next(10) == 0 ? random.Next(message.Length) : message.Length);
            answered += answer is null ? 0 : 1;
            Assert.True(answer is null || answer.Length == 300);
        }

        Assert.InRange(answered, 1000, 19_000);
    }

    private static byte[]? Answer(byte[] options, bool renews = false)
    {
        byte[] message = Message(options, renews);
        return AddressLease.Answer(message, message.Length);
    }

    private static byte[] Message(byte[] options, bool renews)
    {
        byte[] message = new byte[240 + options.Length];
        (message[0], message[1], message[2]) = (1, 1, 6);
        ((byte[])[1, 2, 3, 4]).CopyTo(message, 4);
        if (renews)
        {
            ((byte[])[192, 168, 4, 2]).CopyTo(message, 12);
        }

        Mac.CopyTo(message, 28);
        ((byte[])[99, 130, 83, 99]).CopyTo(message, 236);
        options.CopyTo(message, 240);
        return message;
    }

    private static int Type(byte[] answer) => answer[240] == 53 && answer[241] == 1 ? answer[242] : -1;
}
